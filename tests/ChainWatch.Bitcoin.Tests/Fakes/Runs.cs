using System.Globalization;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>How much a random test does, and the seed that it does it from.</summary>
internal static class Runs
{
    public static int Of(int normal, int @long) => Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1" ? @long : normal;

    /// <summary>A seed: that of <c>CHAINWATCH_SEED</c>, or a new one. It is printed with the test's output.</summary>
    public static Random Seeded()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("CHAINWATCH_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}: CHAINWATCH_SEED={seed} replays it");
        return new Random(seed);
    }
}
