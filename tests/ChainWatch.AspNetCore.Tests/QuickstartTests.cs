using System.Text.RegularExpressions;

namespace ChainWatch.AspNetCore.Tests;

/// <summary>samples/Quickstart, run to its end.</summary>
public sealed partial class QuickstartTests
{
    [Theory]
    [InlineData(42)]
    [InlineData(7)]
    public async Task It_ends_by_itself_with_0_and_a_summary_that_agrees_with_itself(int seed)
    {
        SampleProcess quickstart = await SampleProcess.RunAsync("Quickstart", ["--seconds", "6", "--seed", $"{seed}"], []);
        quickstart.ExitCode.ShouldBe(0, quickstart.Output + quickstart.Error);
        quickstart.Error.ShouldBeEmpty();
        Match counts = Counts().Match(quickstart.Output);
        counts.Success.ShouldBeTrue(quickstart.Output);
        int Count(string name) => int.Parse(counts.Groups[name].Value, System.Globalization.CultureInfo.InvariantCulture);

        // What was detected and not taken back stands in the books, and every one of these is confirmed. The lines above the summary say the same.
        (Count("detected") - Count("retracted")).ShouldBe(Count("booked"));
        Count("confirmed").ShouldBe(Count("booked"));
        Count("booked").ShouldBeGreaterThan(5);
        foreach (string kind in (string[])["detected", "confirmed", "moved", "retracted"])
        {
            Regex.Count(quickstart.Output, $"handler  {kind} ").ShouldBe(Count(kind));
        }

        quickstart.Output.ShouldContain("the chain   holds exactly these");
        quickstart.Output.ShouldContain("What to try next");
    }

    [GeneratedRegex(@"(?<detected>\d+) detected, (?<confirmed>\d+) confirmed, (?<moved>\d+) moved, (?<retracted>\d+) retracted\s+your books\s+(?<booked>\d+) payments")]
    private static partial Regex Counts();
}
