using ChainWatch.Evm;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.RealNodes.Tests;

/// <summary>ChainWatch inside the test's own process with the embedded store: the least that a host can be.</summary>
internal sealed class EmbeddedMonitor : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly InMemoryWatchStore _store = new(maxEvents: 1_000_000);
    private readonly Chain _chain;

    private EmbeddedMonitor(EthereumNode node, EthereumTraffic traffic, Action<EvmOptions>? configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton<IWatchStore>(_store);
        builder.Services.AddChainWatch(watch => watch.AddEvm("ethereum", evm =>
        {
            evm.Endpoints.Add(node.Url, node.WebSocketUrl);
            evm.StartAt = "0";
            evm.Confirmations = "12";
            evm.PollInterval = TimeSpan.FromMilliseconds(100);
            evm.InternalTransfers = true;
            evm.Tokens.Add("TST", traffic.Contracts.TokenAddress, decimals: 6);
            foreach (var address in traffic.Watched)
            {
                evm.Addresses.Add(address);
            }

            configure?.Invoke(evm);
        }));
        _host = builder.Build();
        _chain = _host.Services.GetRequiredService<ChainRegistry>().Get("ethereum").Chain;
    }

    public IChainStateReader StateReader => _host.Services.GetRequiredService<ChainRegistry>().Get("ethereum").StateReader!;

    public IWatchlist Watchlist => _host.Services.GetRequiredService<IWatchlist>();

    public static async Task<EmbeddedMonitor> StartAsync(EthereumNode node, EthereumTraffic traffic, Action<EvmOptions>? configure = null)
    {
        var monitor = new EmbeddedMonitor(node, traffic, configure);
        await monitor._host.StartAsync();
        return monitor;
    }

    public async Task<ChainPoint?> ReadCursorAsync() => (await _store.LoadAsync(_chain, 0, CancellationToken.None)).Cursor;

    public async Task CatchUpAsync(EthereumNode node, TimeSpan patience)
    {
        var state = "";
        await Eventually.BecomesTrueAsync(
            async _ =>
            {
                var head = await node.Rpc.CallAsync("eth_getBlockByNumber", "latest", false);
                var scope = await _store.LoadAsync(_chain, 0, CancellationToken.None);
                state = $"the cursor is {scope.Cursor}, the head {head!["number"]} {head["hash"]}";
                // A chain that is only shorter looks like a node that lags: nothing is taken back for that.
                return scope.Known.Any(point => _chain.Format.FormatHash(point.Hash) == head["hash"]!.GetValue<string>());
            },
            patience,
            () => state);
    }

    public async Task<MonitorRecords> ReadRecordsAsync()
    {
        var payments = await _store.ReadPaymentsAsync(_chain, int.MaxValue, CancellationToken.None);
        return new MonitorRecords
        {
            Payments =
            [
                .. payments.Select(payment => new StoredPayment(
                    payment.TransactionId, payment.Id.Ordinal, payment.Address, payment.Asset, payment.Amount, Word(payment.Status), payment.Block.Height, _chain.Format.FormatHash(payment.Block.Hash))),
            ],
            Events =
            [
                .. _store.ReadEvents().Select(one => new StoredEvent(
                    one.Sequence, one.Payment.TransactionId, one.Payment.Id.Ordinal, Word(one.Kind), one.Payment.Block.Height, _chain.Format.FormatHash(one.Payment.Block.Hash))),
            ],
            Coverage = [.. _store.ReadCoverage(_chain).Where(range => range.Pass == 1).Select(range => (range.FromHeight, range.ToHeight))],
            // The embedded store keeps no more of them than reorgs need.
            Blocks = null,
            Cursor = (await ReadCursorAsync())?.Height ?? -1,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
