using System.Globalization;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>How much processor time a PostgreSQL has used, with all its processes, ended ones too.</summary>
internal static class PostgresTime
{
    private const double TicksPerSecond = 100;

    public static double Seconds(PostgresServer server)
    {
        var postmaster = File.ReadLines(Path.Combine(server.DataDirectory, "postmaster.pid")).First();
        double ticks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(static folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                // Behind the name in brackets, which may hold anything: state, parent, ... user and system time, and those of children that ended.
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                var own = Path.GetFileName(folder) == postmaster;
                if (own || fields[1] == postmaster)
                {
                    ticks += fields.Skip(11).Take(own ? 4 : 2).Sum(static field => double.Parse(field, CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                // It ended just now.
            }
        }

        return ticks / TicksPerSecond;
    }
}
