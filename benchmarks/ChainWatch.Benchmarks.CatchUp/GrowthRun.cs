using System.Globalization;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>
/// P10: case n once more with many more addresses watched, none of which is ever paid. The first step, from a thousand addresses that fit into a request to more that do not, changes what is
/// asked for; what follows should cost next to nothing. The load of the addresses at the start is part of it.
/// </summary>
internal sealed class GrowthRun(ChainShape shape, Arguments arguments)
{
    private const double Target = 1.3;

    public async Task RunAsync()
    {
        await using var runner = await ProgramRunner.StartAsync(shape, arguments);
        using var server = await ServerProcess.StartAsync(shape, "--delay", "0");
        var one = CatchUpCase.Of("n");
        RunResult? first = null;
        RunResult? byItself = null;
        foreach (var strangers in arguments.Text("strangers", "0,10000,1000000").Split(',').Select(static text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            var result = await runner.RunAsync("watch", one, strangers, server);
            first ??= result;
            Print(first, result, strangers, $"from={one.Watched}");
            if (strangers > 0)
            {
                byItself ??= result;
                Print(byItself, result, strangers, "from=more-than-a-request-holds");
            }
        }
    }

    private static void Print(RunResult bound, RunResult ours, int strangers, string from) => Console.WriteLine(TargetLine.Of(
        "P10",
        $"n,watched={1_000 + strangers},{from},first-block={ours.FirstBlockSeconds.ToString("f2", CultureInfo.InvariantCulture)}s,memory={ours.Megabytes.ToString("f0", CultureInfo.InvariantCulture)}MB",
        string.Create(CultureInfo.InvariantCulture, $"{bound.Seconds:f2}s"),
        string.Create(CultureInfo.InvariantCulture, $"{ours.Seconds:f2}s"),
        ours.Seconds / bound.Seconds,
        string.Create(CultureInfo.InvariantCulture, $"<={Target}")));
}
