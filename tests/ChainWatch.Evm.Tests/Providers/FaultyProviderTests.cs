using System.Globalization;

namespace ChainWatch.Evm.Tests;

public sealed class FaultyProviderTests(ITestOutputHelper output)
{
    private const string SeedVariable = "CHAINWATCH_PROVIDER_SEED";
    private const string FaultsVariable = "CHAINWATCH_PROVIDER_FAULTS";
    private const int AtOnce = 32;
    private const int MostScenarios = 200_000;

    /// <summary>Seeds that failed once. They run in every test run, for ever.</summary>
    public static TheoryData<long> PermanentSeeds => [1, 2, 3, 7253];

    private static bool IsLong => Environment.GetEnvironmentVariable("CHAINWATCH_LONG") is { Length: > 0 };

    [Fact]
    public void Whatever_providers_do_nothing_is_lost_and_nothing_taken_back_without_proof_while_one_is_honest()
    {
        long[] injected = new long[Enum.GetValues<ProviderFault>().Length];
        if (long.TryParse(Environment.GetEnvironmentVariable(SeedVariable), NumberStyles.None, CultureInfo.InvariantCulture, out long only))
        {
            new ProviderScenario(only, injected).Run();
            return;
        }

        (long wanted, long ofEach) = long.TryParse(Environment.GetEnvironmentVariable(FaultsVariable), NumberStyles.None, CultureInfo.InvariantCulture, out long few) ? (few, 0L)
            : IsLong ? (1_000_000L, 1_000L) : (50_000L, 20L);
        int scenarios = 0;
        Lock counting = new();
        while (scenarios < MostScenarios && (injected.Sum() < wanted || injected.Min() < ofEach))
        {
            int first = scenarios;
            scenarios += AtOnce;
            Parallel.For(first, scenarios, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, number =>
            {
                long seed = 1000 + number;
                long[] counts = new long[injected.Length];
                try
                {
                    new ProviderScenario(seed, counts).Run();
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    throw new InvalidOperationException($"Seed {seed} fails; replay it alone with {SeedVariable}={seed}.", exception);
                }

                lock (counting)
                {
                    for (int index = 0; index < counts.Length; index++)
                    {
                        injected[index] += counts[index];
                    }
                }
            });
        }

        output.WriteLine($"{injected.Sum():N0} faults in {scenarios:N0} scenarios");
        foreach (ProviderFault fault in Enum.GetValues<ProviderFault>())
        {
            output.WriteLine($"{injected[(int)fault],12:N0}  {fault}");
        }

        injected.Sum().ShouldBeGreaterThanOrEqualTo(wanted);
        Enum.GetValues<ProviderFault>().Where(fault => injected[(int)fault] < ofEach).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(PermanentSeeds))]
    public void A_seed_that_failed_once_never_fails_again(long seed) => new ProviderScenario(seed, new long[Enum.GetValues<ProviderFault>().Length]).Run();
}
