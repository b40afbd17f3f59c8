using System.Globalization;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// I8, as processes: a chain that falls silent is told from its health answers within its timeout and a second, with what is wrong with it; and it ends the process where nothing
/// mends it. What was measured is printed, and held to the promise in the long run; a busy machine is given more.
/// </summary>
[Collection(MeasuredCollection.Name)]
public sealed class SilenceTests(SilenceCases cases) : IClassFixture<SilenceCases>
{
    private static readonly TimeSpan Slack = Effort.Limit(TimeSpan.FromSeconds(1));

    [Fact]
    public async Task Pushes_that_are_subscribed_to_and_mute_while_polls_go_on_are_a_dead_feed() =>
        await ExpectAsync("mute", "dead_feed", "pushes are subscribed to and mute");

    [Fact]
    public async Task A_frozen_node_is_a_dead_feed() =>
        await ExpectAsync("frozen", "dead_feed", "The feed is dead");

    [Fact]
    public async Task A_half_open_connection_is_a_dead_feed() =>
        await ExpectAsync("half_open", "dead_feed", "The feed is dead");

    [Fact]
    public async Task A_head_back_and_forth_between_two_heights_is_a_chain_that_stands_still() =>
        await ExpectAsync("flapping", "stalled_chain", "going back and forth");

    [Fact]
    public async Task Endpoints_that_agree_on_an_old_head_are_a_chain_that_stands_still() =>
        await ExpectAsync("stalled", "stalled_chain", "The chain stands still");

    [Fact]
    public async Task A_chain_on_demand_with_nothing_to_say_is_healthy() => await ExpectNothingAsync("on_demand");

    [Fact]
    public async Task An_endpoint_that_stays_behind_is_left_for_one_that_goes_on() => await ExpectNothingAsync("left_behind");

    [Fact]
    public async Task Endpoints_that_all_serve_another_chain_end_the_process_as_wrongly_configured()
    {
        var outcome = await cases.OfAsync("wrong_chain");
        Effort.Say(string.Create(CultureInfo.InvariantCulture, $"wrong chain: exit {outcome.ExitCode} after {outcome.EndedAfter!.Value.TotalSeconds:F1} s, the start included"));
        outcome.ExitCode.ShouldBe(78, outcome.Output);
        outcome.Output.ShouldContain("endpoint 'endpoint-1' serves chain id 31337, but this chain has 1");
        outcome.Output.ShouldContain("endpoint 'endpoint-2' serves chain id 31337, but this chain has 1");
        outcome.Output.Split('\n').Where(line => line.Contains("serves chain id", StringComparison.Ordinal)).ShouldAllBe(line => !line.Contains("127.0.0.1"));
    }

    [Fact]
    public async Task A_process_whose_thread_pool_is_starved_ends_itself_all_the_same()
    {
        var outcome = await cases.OfAsync("starved");
        Effort.Say(string.Create(CultureInfo.InvariantCulture, $"starved: ended after {outcome.EndedAfter!.Value.TotalSeconds:F2} s (critical {SilenceCase.CriticalTimeout.TotalSeconds} s, then 1 s for the host to stop)"));
        outcome.ExitCode.ShouldBe(75, outcome.Output);
        outcome.EndedAfter.Value.ShouldBeInRange(SilenceCase.CriticalTimeout - TimeSpan.FromSeconds(2), SilenceCase.CriticalTimeout + Slack + Slack);
        outcome.Output.ShouldContain("ChainWatch fails fast");
        outcome.Output.ShouldContain("chain ethereum (evm): Failing, ");
    }

    private async Task ExpectAsync(string name, string verdict, string reason)
    {
        var outcome = await cases.OfAsync(name);
        Effort.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: judged {outcome.JudgedAfter!.Value.TotalSeconds:F2} s after the last life (timeout {SilenceCase.EventTimeout.TotalSeconds} s), ended after {outcome.EndedAfter!.Value.TotalSeconds:F2} s (critical {SilenceCase.CriticalTimeout.TotalSeconds} s): {outcome.Reason}"));
        outcome.Verdict.ShouldBe(verdict, outcome.Reason);
        outcome.Reason.ShouldContain(reason);
        outcome.JudgedAfter.Value.ShouldBeInRange(SilenceCase.EventTimeout - TimeSpan.FromSeconds(2), SilenceCase.EventTimeout + Slack);
        outcome.ExitCode.ShouldBe(75, outcome.Output);
        outcome.EndedAfter.Value.ShouldBeInRange(SilenceCase.CriticalTimeout - TimeSpan.FromSeconds(2), SilenceCase.CriticalTimeout + Slack + Slack);
        outcome.Output.ShouldContain("ChainWatch fails fast");
        outcome.Output.ShouldContain($"chain ethereum (evm): Failing, {verdict}");
        outcome.Output.ShouldContain("endpoint endpoint-1: ");
        outcome.Output.ShouldContain("tried restart_source");
    }

    private async Task ExpectNothingAsync(string name)
    {
        var outcome = await cases.OfAsync(name);
        outcome.JudgedAfter.ShouldBeNull($"{outcome.Reason}\n{outcome.Output}");
        outcome.ExitCode.ShouldBe(0, outcome.Output);
    }
}
