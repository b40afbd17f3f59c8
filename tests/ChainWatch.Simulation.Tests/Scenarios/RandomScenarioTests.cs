using ChainWatch.Testing;

namespace ChainWatch.Simulation;

public sealed class RandomScenarioTests(ITestOutputHelper output)
{
    /// <summary>What must have happened in a run of many scenarios: a test that no longer does these things no longer tests them.</summary>
    private static readonly string[] MustHappen =
    [
        "commit Committed", "commit WatchlistMoved", "commit Fenced", "back-scan Committed", "back-scan CursorMoved", "back-scan Fenced",
        "delivery lost with its process", "delivery parked", "delivery retried", "replayed", "handler hangs", "handler slow", "handler throws",
        "store failed before", "store failed after", "source went back", "source idle", "told Detected", "told Confirmed", "told Moved", "told Retracted",
        "operation finality violation",
    ];

    /// <summary>Seeds that failed once. They run in every test run, for ever.</summary>
    public static TheoryData<long> PermanentSeeds =>
        [2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 33, 42, 57, 67, 77, 80, 98, 103, 107, 111, 116, 158, 162, 163, 170, 182, 186, 198, 240, 387, 875, 1004, 1067, 1458, 2391, 2556, 3191, 4185,
            2745, 8152, 13530, 14505, 14703, 15644, 16082, 18118, 18844, 23626, 24842, 53479, 58390, 59069, 59974, 61580, 63306, 68222, 72337, 73072];

    [Fact]
    public void Whatever_happens_payments_and_events_are_what_the_final_chain_says()
    {
        int count = ScenarioRuns.Count(5_000, 100_000);

        Dictionary<string, long> counts = ScenarioRuns.Run(ScenarioKind.Everything, nameof(RandomScenarioTests), firstSeed: 1, count);

        foreach ((string what, long number) in counts.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{number,12:N0}  {what}");
        }

        if (ScenarioRuns.OnlySeed is null)
        {
            IEnumerable<string> faults = Enum.GetValues<SimulatedFault>().Select(static fault => $"fault {fault}");
            IEnumerable<string> operations = Scenario.OperationNames.Select(static name => $"operation {name}");
            MustHappen.Concat(faults).Concat(operations).Where(what => counts.GetValueOrDefault(what) < count / 50).ShouldBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(PermanentSeeds))]
    public void A_seed_that_failed_once_never_fails_again(long seed) => ScenarioRuns.Run(ScenarioKind.Everything, nameof(RandomScenarioTests), seed, 1);

    [Fact]
    public void The_same_seed_is_the_same_history()
    {
        static string Log()
        {
            Scenario scenario = new(7, ScenarioKind.Everything, trace: true);
            scenario.Run();
            return scenario.ReadLog();
        }

        Log().ShouldBe(Log());
    }
}
