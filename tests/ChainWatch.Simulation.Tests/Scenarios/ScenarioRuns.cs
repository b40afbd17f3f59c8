using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace ChainWatch.Simulation;

/// <summary>Runs many scenarios side by side, each on one thread, and tells of the first that fails how to repeat it.</summary>
internal static class ScenarioRuns
{
    /// <summary>How many scenarios run: fewer in the usual test run, many where the environment says <c>CHAINWATCH_LONG=1</c>.</summary>
    public static int Count(int usual, int many) =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAINWATCH_SCENARIOS"), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count
        : Environment.GetEnvironmentVariable("CHAINWATCH_LONG") is "1" ? many
        : usual;

    /// <summary>The one seed to run, where the environment names one.</summary>
    public static long? OnlySeed =>
        long.TryParse(Environment.GetEnvironmentVariable("CHAINWATCH_SEED"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed) ? seed : null;

    public static Dictionary<string, long> Run(ScenarioKind kind, string test, long firstSeed, int count, Action<Scenario>? check = null)
    {
        if (OnlySeed is { } only)
        {
            (firstSeed, count) = (only, 1);
        }

        ConcurrentDictionary<string, long> counts = new(StringComparer.Ordinal);
        ConcurrentQueue<(long Seed, string Fault)> failures = new();
        ParallelOptions options = new() { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount) };
        Parallel.For(firstSeed, firstSeed + count, options, (seed, state) =>
        {
            Scenario scenario = new(seed, kind);
            try
            {
                scenario.Run();
                check?.Invoke(scenario);
            }
            catch (ScenarioFailedException failure)
            {
                failures.Enqueue((seed, failure.Message));
                if (failures.Count >= 20)
                {
                    state.Stop();
                }
            }

            foreach ((string what, long number) in scenario.Counts)
            {
                counts.AddOrUpdate(what, number, (_, before) => before + number);
            }
        });

        if (!failures.IsEmpty)
        {
            throw new ScenarioFailedException(Explain(kind, test, [.. failures.OrderBy(static failure => failure.Seed)]));
        }

        return new Dictionary<string, long>(counts, StringComparer.Ordinal);
    }

    private static string Explain(ScenarioKind kind, string test, (long Seed, string Fault)[] failures)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{failures.Length} scenarios failed.");
        foreach ((long seed, string fault) in failures)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  seed {seed}: {fault.Split('\n')[0]}");
        }

        (long first, string why) = failures[0];
        Scenario again = new(first, kind, trace: true);
        string second = "it passed when it was repeated: something in it does not come from the seed";
        try
        {
            again.Run();
        }
        catch (ScenarioFailedException failure)
        {
            second = failure.Message;
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"Repeat the first with: CHAINWATCH_SEED={first} dotnet test tests/ChainWatch.Simulation.Tests --filter \"FullyQualifiedName~{test}\"");
        text.AppendLine(again.ReadLog());
        text.AppendLine(why);
        if (second != why)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Repeated: {second}");
        }

        return text.ToString();
    }
}
