using ChainWatch.Simulation;

namespace ChainWatch.Cardano.Tests;

public sealed class CardanoScenarioTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_happens_payments_told_by_chain_sync_are_what_the_final_chain_says() =>
        ScenarioRuns.RunFamily(CardanoWire.Family, ScenarioKind.Everything, nameof(CardanoScenarioTests), usual: 100, many: 20_000, output.WriteLine);

    [Fact]
    public void On_a_chain_that_only_grows_nothing_is_ever_taken_back() =>
        ScenarioRuns.RunFamily(CardanoWire.Family, ScenarioKind.FaultsOnly, nameof(CardanoScenarioTests), usual: 50, many: 20_000, output.WriteLine);

    /// <summary>It came to lead with nothing known, was frozen, and began at the end of the chain when the one that had followed it was dead: only the next block gives it something to write, and to be refused.</summary>
    [Fact]
    public void A_leader_that_was_deposed_unheard_and_has_nothing_to_write_stands_again_with_the_next_block() =>
        ScenarioRuns.Run(ScenarioKind.Everything, nameof(CardanoScenarioTests), firstSeed: 1279, count: 1, family: CardanoWire.Family)["told Detected"].ShouldBePositive();
}
