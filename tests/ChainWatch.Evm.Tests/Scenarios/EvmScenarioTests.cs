using ChainWatch.Simulation;

namespace ChainWatch.Evm.Tests;

public sealed class EvmScenarioTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_happens_payments_read_from_Ethereums_nodes_are_what_the_final_chain_says() =>
        ScenarioRuns.RunFamily(EvmWire.Family, ScenarioKind.Everything, nameof(EvmScenarioTests), usual: 100, many: 20_000, output.WriteLine);

    [Fact]
    public void On_a_chain_that_only_grows_nothing_is_ever_taken_back() =>
        ScenarioRuns.RunFamily(EvmWire.Family, ScenarioKind.FaultsOnly, nameof(EvmScenarioTests), usual: 50, many: 20_000, output.WriteLine);
}
