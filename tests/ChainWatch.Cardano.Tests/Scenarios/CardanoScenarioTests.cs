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
}
