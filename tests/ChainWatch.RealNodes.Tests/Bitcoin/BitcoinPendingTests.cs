using System.Collections.Concurrent;
using ChainWatch.Bitcoin;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Payments that wait in the pool of a real node: replaced by a higher fee, displaced by a block, expired. None of them is a payment before a block holds it.</summary>
public sealed class BitcoinPendingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task What_happens_in_the_pool_is_told_apart_from_payments_and_is_never_confirmed()
    {
        await using var node = await BitcoinNode.StartAsync(BitcoinNodeKind.Knots);
        var traffic = await BitcoinTraffic.CreateAsync(node, seed: 1);
        var watched = traffic.Watched[8];
        var store = new InMemoryWatchStore();
        var told = new Told();
        using var host = CreateHost(node, store, told, watched);
        var chain = host.Services.GetRequiredService<ChainRegistry>().Get("bitcoin").Chain;
        await host.StartAsync();

        // Replaced by a higher fee, then mined: only the replacement becomes a payment.
        var first = await node.Wallet.CallTextAsync("sendtoaddress", watched, 0.5, "", "", false, true);
        await told.HasAsync($"Pending {first}");
        var second = (await node.Wallet.CallAsync("bumpfee", first))!["txid"]!.GetValue<string>();
        await told.HasAsync($"Replaced {first} by {second}");
        await told.HasAsync($"Pending {second}");
        (await store.ReadPaymentsAsync(chain, 100, CancellationToken.None)).ShouldBeEmpty();
        await node.MineAsync(1);
        await Eventually.BecomesTrueAsync(
            async _ => (await store.ReadPaymentsAsync(chain, 100, CancellationToken.None)).Any(payment => payment.TransactionId == second),
            Patience,
            () => "the replacement is not detected");

        // Displaced by a block that spends the same coin otherwise.
        var third = await node.Wallet.CallTextAsync("sendtoaddress", watched, 0.25, "", "", false, true);
        await told.HasAsync($"Pending {third}");
        var conflict = (await traffic.SignConflictAsync()).ShouldNotBeNull();
        var by = (await node.Rpc.CallAsync("decoderawtransaction", conflict))!["txid"]!.GetValue<string>();
        await node.Rpc.CallAsync("generateblock", await node.NewAddressAsync("bech32"), new[] { conflict });
        await told.HasAsync($"Conflicted {third} by {by}");

        // Expired: the pool drops what is older than two weeks when something new comes.
        var fourth = await node.Wallet.CallTextAsync("sendtoaddress", watched, 0.125, "", "", false, true);
        await told.HasAsync($"Pending {fourth}");
        await node.Rpc.CallAsync("setmocktime", DateTimeOffset.UtcNow.AddDays(16).ToUnixTimeSeconds());
        await node.Wallet.CallAsync("sendtoaddress", await node.NewAddressAsync("bech32"), 0.01);
        await told.HasAsync($"Evicted {fourth}");

        var payments = await store.ReadPaymentsAsync(chain, 100, CancellationToken.None);
        payments.ShouldNotContain(payment => payment.TransactionId == first || payment.TransactionId == third || payment.TransactionId == fourth);
        told.Events.ShouldAllBe(one => one.Reference == PaymentReference.For("order", "1042"));
        await host.StopAsync();
    }

    [Fact]
    public async Task An_address_registered_since_the_last_block_is_told_of_before_the_next_one()
    {
        await using var node = await BitcoinNode.StartAsync(BitcoinNodeKind.Knots);
        var traffic = await BitcoinTraffic.CreateAsync(node, seed: 2);
        var store = new InMemoryWatchStore();
        var told = new Told();
        using var host = CreateHost(node, store, told, traffic.Watched[8]);
        var watchlist = host.Services.GetRequiredService<IWatchlist>();
        await host.StartAsync();

        // It looks, and stands at the tip: no block comes from here on.
        var early = await node.Wallet.CallTextAsync("sendtoaddress", traffic.Watched[8], 0.5);
        await told.HasAsync($"Pending {early}");

        // What a checkout does: an address of its own for each order, paid soon after.
        await watchlist.AddAsync("bitcoin", traffic.Watched[9], PaymentReference.For("order", "1042"), CancellationToken.None);
        var paid = await node.Wallet.CallTextAsync("sendtoaddress", traffic.Watched[9], 0.25);
        await told.HasAsync($"Pending {paid}");

        // Paid first, and registered when the transaction had been looked at: one that came after it was.
        var before = await node.Wallet.CallTextAsync("sendtoaddress", traffic.Watched[10], 0.125, "", "", false, true);
        var marker = await node.Wallet.CallTextAsync("sendtoaddress", traffic.Watched[8], 0.0625);
        await told.HasAsync($"Pending {marker}");
        await watchlist.AddAsync("bitcoin", traffic.Watched[10], PaymentReference.For("order", "1042"), CancellationToken.None);
        await told.HasAsync($"Pending {before}");

        // What follows from it is told as of any other.
        var replacement = (await node.Wallet.CallAsync("bumpfee", before))!["txid"]!.GetValue<string>();
        await told.HasAsync($"Replaced {before} by {replacement}");
        told.Events.ShouldAllBe(one => one.Reference == PaymentReference.For("order", "1042"));
        told.Events.Count(one => one.Kind == PendingPaymentEventKind.Pending).ShouldBeLessThanOrEqualTo(5, "none is told twice");
        await host.StopAsync();
    }

    private static IHost CreateHost(BitcoinNode node, InMemoryWatchStore store, Told told, string watched)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton<IWatchStore>(store);
        builder.Services.AddSingleton(told);
        builder.Services.AddSingleton<IHostedService>(services => new Registering(services.GetRequiredService<IWatchlist>(), watched));
        builder.Services.AddChainWatch(watch =>
        {
            watch.AddBitcoin("bitcoin", bitcoin =>
            {
                bitcoin.Network = "regtest";
                bitcoin.Endpoints.Add(node.Url);
                bitcoin.Endpoints[0].CredentialsFile = node.CookieFile;
                bitcoin.PollInterval = TimeSpan.FromMilliseconds(100);
                bitcoin.Pending = true;
            });
            watch.AddPendingPaymentHandler<Told>();
        });
        return builder.Build();
    }

    private sealed class Registering(IWatchlist watchlist, string address) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken) => await watchlist.AddAsync("bitcoin", address, PaymentReference.For("order", "1042"), cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Told : IPendingPaymentHandler
    {
        private readonly ConcurrentQueue<PendingPaymentEvent> _events = new();

        public IReadOnlyCollection<PendingPaymentEvent> Events => _events;

        public Task HandleAsync(PendingPaymentEvent pending, CancellationToken cancellationToken)
        {
            _events.Enqueue(pending);
            return Task.CompletedTask;
        }

        public Task HasAsync(string line) => Eventually.BecomesTrueAsync(
            _ => Task.FromResult(_events.Any(one => Line(one) == line)),
            Patience,
            () => $"'{line}' was not told, but {string.Join(", ", _events.Select(Line))}");

        private static string Line(PendingPaymentEvent one) => $"{one.Kind} {one.TransactionId}{(one.DisplacedBy is { } by ? $" by {by}" : "")}";
    }
}
