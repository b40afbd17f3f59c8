using ChainWatch.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Tests;

public sealed class KeyRequestTests
{
    [Fact]
    public void Every_instance_does_once_what_was_asked_for_since_it_began()
    {
        ManualTimeProvider time = new();
        DeterministicScheduler scheduler = new(time);
        InMemoryWatchStore store = new();
        List<string> rotated = [];
        using CancellationTokenSource stop = new();
        scheduler.Run(async () => await store.RequestKeyRotationAsync("simulated", "before", CancellationToken.None));
        foreach (string instance in (string[])["a", "b"])
        {
            KeyRequestService service = new(new ChainRegistry(Registration(time, endpoint => rotated.Add($"{instance} {endpoint}"))), store, time, NullLogger<KeyRequestService>.Instance);
            scheduler.Start(() => service.WatchAsync(stop.Token));
        }

        scheduler.Advance(KeyRequestService.Interval);
        rotated.ShouldBeEmpty();
        scheduler.Run(async () => await store.RequestKeyRotationAsync("simulated", "main", CancellationToken.None));
        scheduler.Run(async () => await store.RequestKeyRotationAsync("another", "main", CancellationToken.None));
        scheduler.Advance(KeyRequestService.Interval * 5);

        rotated.Order(StringComparer.Ordinal).ShouldBe(["a main", "b main"]);
        stop.Cancel();
        scheduler.RunUntilIdle();
    }

    private static ChainRegistration Registration(ManualTimeProvider time, Action<string> rotate)
    {
        SimulatedChain chain = new(timeProvider: time);
        return new ChainRegistration
        {
            Chain = chain.Chain,
            Status = new ChainStatus(chain.Chain, time),
            Options = new ChainOptions(),
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(3)),
            CreateSource = static () => throw new InvalidOperationException("Nobody follows this chain."),
            Recovery = new ChainRecovery
            {
                RotateKey = endpoint =>
                {
                    rotate(endpoint);
                    return true;
                },
            },
        };
    }
}
