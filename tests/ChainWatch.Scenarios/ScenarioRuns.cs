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

    public static Dictionary<string, long> Run(ScenarioKind kind, string test, long firstSeed, int count, Action<Scenario>? check = null, ScenarioFamily? family = null)
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
            Scenario scenario = new(seed, kind, family: family);
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
            throw new ScenarioFailedException(Explain(kind, test, family, [.. failures.OrderBy(static failure => failure.Seed)]));
        }

        return new Dictionary<string, long>(counts, StringComparer.Ordinal);
    }

    /// <summary>Runs scenarios that a family's own protocol tells to its own reader, and says what happened in them.</summary>
    public static void RunFamily(ScenarioFamily family, ScenarioKind kind, string test, int usual, int many, Action<string> say)
    {
        int count = Count(usual, many);
        Dictionary<string, long> counts = Run(kind, test, firstSeed: 1, count, kind == ScenarioKind.FaultsOnly ? static scenario => scenario.CheckNothingWasTakenBack() : null, family);
        foreach ((string what, long number) in counts.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            say($"{number,12:N0}  {what}");
        }

        if (OnlySeed is null)
        {
            // Scenarios in which no more happened than this would test nothing.
            string[] must = kind == ScenarioKind.FaultsOnly
                ? ["told Detected", "told Confirmed", "wire fault Silent", "wire fault Lag", "wire fault TooManyRequests", "wire fault Slow"]
                : ["told Detected", "told Confirmed", "told Moved", "told Retracted", "source went back", "wire fault StaleBranch", "wire fault Silent", "wire fault Lag", "wire fault Null", .. family.HasOutputs ? ["spent outputs"] : Array.Empty<string>()];
            string[] missing = [.. must.Where(what => counts.GetValueOrDefault(what) < count / 20)];
            if (missing.Length > 0)
            {
                throw new ScenarioFailedException($"too little happened of: {string.Join(", ", missing)}");
            }
        }
    }

    private static string Explain(ScenarioKind kind, string test, ScenarioFamily? family, (long Seed, string Fault)[] failures)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{failures.Length} scenarios failed.");
        foreach ((long seed, string fault) in failures)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  seed {seed}: {fault.Split('\n')[0]}");
        }

        (long first, string why) = failures[0];
        Scenario again = new(first, kind, trace: true, family);
        string second = "it passed when it was repeated: something in it does not come from the seed";
        try
        {
            again.Run();
        }
        catch (ScenarioFailedException failure)
        {
            second = failure.Message;
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"Repeat the first with: CHAINWATCH_SEED={first} dotnet test tests/ChainWatch.{family?.Name ?? "Simulation"}.Tests --filter \"FullyQualifiedName~{test}\"");
        text.AppendLine(again.ReadLog());
        text.AppendLine(why);
        if (second != why)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Repeated: {second}");
        }

        return text.ToString();
    }
}
