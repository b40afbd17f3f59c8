using ChainWatch.Testing;

namespace ChainWatch.Simulation;

public sealed class FaultScheduleTests(ITestOutputHelper output)
{
    [Fact]
    public void Endpoints_that_lag_flap_and_lie_by_omission_never_retract_anything()
    {
        int count = ScenarioRuns.Count(10_000, 50_000);

        Dictionary<string, long> counts = ScenarioRuns.Run(
            ScenarioKind.FaultsOnly,
            nameof(FaultScheduleTests),
            firstSeed: 1,
            count,
            static scenario => scenario.CheckNothingWasTakenBack());

        output.WriteLine($"{counts["told Detected"]:N0} payments detected, {counts.GetValueOrDefault("told Retracted"):N0} retracted");
        if (ScenarioRuns.OnlySeed is null)
        {
            counts.GetValueOrDefault("told Retracted").ShouldBe(0);
            counts.GetValueOrDefault("told Moved").ShouldBe(0);
            // Three of the faults need a second branch, which a chain that never changes does not have.
            Enum.GetValues<SimulatedFault>().Except([SimulatedFault.StaleBranch, SimulatedFault.TornRange, SimulatedFault.UnknownHeader])
                .Where(fault => counts.GetValueOrDefault($"fault {fault}") < count / 50)
                .ShouldBeEmpty();
        }
    }
}
