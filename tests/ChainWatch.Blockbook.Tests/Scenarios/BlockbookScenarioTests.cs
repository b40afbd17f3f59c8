using ChainWatch.Simulation;

namespace ChainWatch.Blockbook.Tests;

public sealed class BlockbookScenarioTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_happens_payments_read_from_raw_blocks_are_what_the_final_chain_says() =>
        ScenarioRuns.RunFamily(BlockbookWire.Raw, ScenarioKind.Everything, nameof(BlockbookScenarioTests), usual: 60, many: 20_000, output.WriteLine);

    [Fact]
    public void Whatever_happens_payments_read_page_by_page_are_what_the_final_chain_says() =>
        ScenarioRuns.RunFamily(BlockbookWire.Pages, ScenarioKind.Everything, nameof(BlockbookScenarioTests), usual: 60, many: 20_000, output.WriteLine);

    [Fact]
    public void On_a_chain_that_only_grows_nothing_is_ever_taken_back() =>
        ScenarioRuns.RunFamily(BlockbookWire.Raw, ScenarioKind.FaultsOnly, nameof(BlockbookScenarioTests), usual: 50, many: 20_000, output.WriteLine);
}
