namespace ChainWatch.Tests;

public sealed class RetryBackoffTests
{
    [Fact]
    public void Asked_from_many_threads_at_once_it_still_waits_afterwards()
    {
        RetryBackoff backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), seed: 5);

        // A generator that is not guarded ends up with nothing but zeros.
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            for (int draw = 0; draw < 500_000; draw++)
            {
                backoff.After(0);
            }
        });

        Enumerable.Range(0, 100).Count(_ => backoff.After(0) > TimeSpan.Zero).ShouldBeGreaterThan(90);
    }
}
