using System.Diagnostics;
using System.Reflection;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>This program again, in another process, with another verb.</summary>
internal static class ChildProgram
{
    public static Process Start(IEnumerable<string> arguments, bool keepInput = false)
    {
        var program = Environment.ProcessPath!;
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardInput = keepInput };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, Assembly.GetEntryAssembly()!.GetName().Name + ".dll"));
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
