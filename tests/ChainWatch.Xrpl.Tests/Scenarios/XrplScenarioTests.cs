using ChainWatch.Simulation;

namespace ChainWatch.Xrpl.Tests;

public sealed class XrplScenarioTests(ITestOutputHelper output)
{
    /// <summary>There is no other kind of history on this ledger: what is validated is final.</summary>
    [Fact]
    public void Whatever_servers_do_payments_are_what_the_validated_ledgers_say_and_none_is_taken_back() =>
        ScenarioRuns.RunFamily(XrplWire.Family, ScenarioKind.FaultsOnly, nameof(XrplScenarioTests), usual: 100, many: 20_000, output.WriteLine);
}
