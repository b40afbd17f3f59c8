using ChainWatch.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChainWatch.Tests;

public sealed class SharedStoreTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_instance_without_handlers_leaves_events_to_those_that_share_its_store(bool shared)
    {
        InMemoryWatchStore memory = new();
        SimulatedChain chain = new("one", blockTime: TimeSpan.FromMilliseconds(400));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton((IWatchStore)(shared ? SharedStore.Of(memory) : memory));
        builder.Services.AddChainWatch(watch => watch.AddSimulated(chain));
        using IHost host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.Services.GetRequiredService<IWatchlist>().AddAsync("one", SimulatedFormat.Address("a"), reference: null, TestContext.Current.CancellationToken);
        ChainStatus status = host.Services.GetRequiredService<ChainRegistry>().Get("one").Status;
        await Until(() => status.Cursor is not null);
        chain.Mine(chain.Pay(SimulatedFormat.Address("a"), 1));
        await Until(() => memory.ReadEvents().Count > 0);
        (await memory.ReadOutboxAsync(TestContext.Current.CancellationToken)).Pending.ShouldBe(shared ? 1 : 0);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private static async Task Until(Func<bool> condition)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
        }
    }
}
