using System.Globalization;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>
/// How long it takes from the start of a host's process to the commit of its first block, with 100,000 addresses watched. The target is for a published ReadyToRun host, so this
/// program is to be published in that way. The bound: the bare program, which keeps its addresses itself, from the start of its process to its first commit.
/// </summary>
internal sealed class StartRun(ChainShape shape, Arguments arguments)
{
    private const double TargetSeconds = 0.3;

    public async Task RunAsync()
    {
        await using var runner = await ProgramRunner.StartAsync(shape, arguments);
        using var server = await ServerProcess.StartAsync(shape, "--delay", "0");
        var one = CatchUpCase.Of("c");
        List<double> bound = [];
        List<double> ours = [];
        for (var round = 0; round < arguments.Number("rounds", 5); round++)
        {
            bound.Add((await runner.RunAsync("bare", one, strangers: 0, server)).FirstBlockSeconds);
            ours.Add((await runner.RunAsync("watch", one, strangers: 0, server)).FirstBlockSeconds);
        }

        bound.Sort();
        ours.Sort();
        Print("best", bound[0], ours[0]);
        Print("median", bound[bound.Count / 2], ours[ours.Count / 2]);
    }

    private static void Print(string which, double bound, double ours) => Console.WriteLine(TargetLine.Of(
        "Start",
        $"first-block,{which}",
        string.Create(CultureInfo.InvariantCulture, $"{bound * 1000:f0}ms"),
        string.Create(CultureInfo.InvariantCulture, $"{ours * 1000:f0}ms"),
        ours / bound,
        string.Create(CultureInfo.InvariantCulture, $"ours<={TargetSeconds * 1000:f0}ms")));
}
