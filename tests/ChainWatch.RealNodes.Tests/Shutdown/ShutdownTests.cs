using System.Globalization;

namespace ChainWatch.RealNodes.Tests;

/// <summary>SIGTERM at three moments: the process ends in order, and whoever comes after it does not have to wait.</summary>
[Collection(MeasuredCollection.Name)]
public sealed class ShutdownTests(ShutdownCases cases) : IClassFixture<ShutdownCases>
{
    private static readonly TimeSpan MostUntilNextLeader = Effort.Limit(TimeSpan.FromMilliseconds(500));
    private static readonly TimeSpan MostUntilEnd = Effort.Limit(TimeSpan.FromSeconds(10));

    [Fact]
    public async Task In_the_middle_of_catching_up_it_ends_with_0_and_the_next_one_leads_at_once() => await ExpectAsync("catching_up", takenOver: true);

    [Fact]
    public async Task In_the_middle_of_delivering_it_lets_handlers_finish_for_a_time_and_the_next_one_leads_at_once() => await ExpectAsync("delivering", takenOver: true);

    [Fact]
    public async Task On_standby_it_ends_with_0_and_the_leader_leads_on() => await ExpectAsync("standing_by", takenOver: false);

    [Fact]
    public async Task An_exception_that_nobody_caught_stops_it_in_order_with_75()
    {
        var outcome = await ExpectAsync("unhandled", takenOver: true, exitCode: 75);
        outcome.Output.ShouldContain("\"EventId\":7008", Case.Sensitive);
        outcome.Output.ShouldContain("An exception that nobody caught (InvalidOperationException) ends the process");
    }

    private async Task<ShutdownOutcome> ExpectAsync(string name, bool takenOver, int exitCode = 0)
    {
        var outcome = await cases.OfAsync(name);
        var next = outcome.NextLeaderAfter is { } after ? string.Create(CultureInfo.InvariantCulture, $", the next leader after {after.TotalMilliseconds:F0} ms") : "";
        Effort.Say(string.Create(CultureInfo.InvariantCulture, $"{name}: exit {outcome.ExitCode} after {outcome.Took.TotalMilliseconds:F0} ms{next}"));
        outcome.ExitCode.ShouldBe(exitCode, outcome.Output);
        outcome.Took.ShouldBeLessThan(MostUntilEnd, outcome.Output);
        if (takenOver)
        {
            outcome.NextLeaderAfter!.Value.ShouldBeLessThanOrEqualTo(MostUntilNextLeader, outcome.Output);
        }

        return outcome;
    }
}
