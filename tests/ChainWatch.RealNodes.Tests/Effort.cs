using System.Globalization;

namespace ChainWatch.RealNodes.Tests;

/// <summary>How much a run does, and the seed that it does it from.</summary>
internal static class Effort
{
    /// <summary>Whether this is the long run (<c>./test.sh --long</c>).</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1";

    public static int Of(int normal, int @long) => IsLong ? @long : normal;

    /// <summary>
    /// The longest that something may take in real processes: what is promised in the long run, which has the machine to itself; else what a machine may need that is busy with
    /// anything. What depends on no machine is held to its promises by tests with a clock of their own.
    /// </summary>
    public static TimeSpan Limit(TimeSpan promised) => IsLong ? promised : promised + TimeSpan.FromMinutes(2);

    /// <summary>A seed: that of <c>CHAINWATCH_SEED</c>, or a new one. It is printed with the test's output.</summary>
    public static int Seed()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CHAINWATCH_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}: CHAINWATCH_SEED={seed} draws the same blocks again");
        return seed;
    }

    public static void Say(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
