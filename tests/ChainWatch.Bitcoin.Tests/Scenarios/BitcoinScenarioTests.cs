using ChainWatch.Simulation;

namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinScenarioTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_happens_payments_read_from_Bitcoins_raw_blocks_are_what_the_final_chain_says() =>
        ScenarioRuns.RunFamily(BitcoinWire.Family, ScenarioKind.Everything, nameof(BitcoinScenarioTests), usual: 100, many: 20_000, output.WriteLine);

    [Fact]
    public void On_a_chain_that_only_grows_nothing_is_ever_taken_back() =>
        ScenarioRuns.RunFamily(BitcoinWire.Family, ScenarioKind.FaultsOnly, nameof(BitcoinScenarioTests), usual: 50, many: 20_000, output.WriteLine);
}
