using System.Globalization;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>P6: the bare program and ChainWatch on the same chain.</summary>
internal sealed class CatchUpRun(ChainShape shape, Arguments arguments)
{
    private const double Target = 0.75;
    private const int MegabytesTarget = 250;

    public async Task RunAsync()
    {
        await using var runner = await ProgramRunner.StartAsync(shape, arguments);
        List<string> results = [];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{shape.Blocks} blocks of {shape.Transactions} transactions and {shape.Logs} logs; {Environment.ProcessorCount} cores; {DateTime.UtcNow:yyyy-MM-dd}"));
        Console.WriteLine("| case | delay | program | blocks/s | of the bound | s | cpu s: own, server, PostgreSQL | MB | rows | requests | calls |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var delay in arguments.Text("delay", "0,20").Split(',').Select(static text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            using var server = await ServerProcess.StartAsync(shape, "--delay", $"{delay}");
            foreach (var one in arguments.Text("cases", "a,b,c,n").Split(',').Select(CatchUpCase.Of))
            {
                var (bound, ours) = await runner.BestAsync(one, server);
                foreach (var result in new[] { bound, ours }.OfType<RunResult>())
                {
                    var ratio = bound is null ? "" : (bound.Seconds / result.Seconds).ToString("f2", CultureInfo.InvariantCulture);
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {one.Name} | {delay} ms | {result.Program} | {shape.Blocks / result.Seconds:n0} | {ratio} | {result.Seconds:f2} | {result.ProcessorSeconds:f1}, {result.Server.Cpu / 1000:f1}, {result.PostgresSeconds:f1} | {result.Megabytes:f0} | {result.Rows:n0} | {result.Server.Requests:n0} | {result.Server.Calls:n0} |"));
                }

                if (bound is not null)
                {
                    results.Add(TargetLine.Of("P6", $"{one.Name},delay={delay}ms,blocks={shape.Blocks}", $"{shape.Blocks / bound.Seconds:f0}/s", $"{shape.Blocks / ours.Seconds:f0}/s", bound.Seconds / ours.Seconds, $">={Target}"));
                    results.Add(TargetLine.Of("P6", $"{one.Name},delay={delay}ms,processor", $"{bound.ProcessorSeconds:f1}s", $"{ours.ProcessorSeconds:f1}s", bound.ProcessorSeconds / ours.ProcessorSeconds, "-"));
                    results.Add(TargetLine.Of("P6", $"{one.Name},delay={delay}ms,memory", $"{MegabytesTarget}MB", $"{ours.Megabytes:f0}MB", ours.Megabytes / MegabytesTarget, "<=1"));
                }
            }
        }

        results.ForEach(Console.WriteLine);
    }
}
