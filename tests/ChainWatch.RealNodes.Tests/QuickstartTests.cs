using System.Diagnostics;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>samples/Quickstart as a new user runs it, its output not being a terminal.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public async Task It_ends_by_itself_with_a_summary_of_what_happened()
    {
        var began = Stopwatch.GetTimestamp();
        await using var quickstart = ChildProcess.Start(SamplePrograms.PathOf("Quickstart"), []);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var code = await quickstart.WaitForExitAsync(patience.Token);

        Effort.Say($"{Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s\n{quickstart.Output}");
        code.ShouldBe(0, quickstart.Output);
        foreach (var word in new[] { "detected", "confirmed", "moved", "retracted" })
        {
            quickstart.Output.ShouldContain(word);
        }

        // No control sequences where there is no terminal.
        quickstart.Output.ShouldNotContain("\u001b[");
    }
}
