using System.Diagnostics.Metrics;
using ChainWatch;
using ChainWatch.Testing;
using Microsoft.Extensions.Hosting;

namespace Quickstart;

/// <summary>The course of the demonstration: register addresses, let the chain live for a while, let the last payments confirm, compare the books with the chain, stop.</summary>
public sealed class Show(
    SimulatedChain chain,
    ChainRegistry chains,
    IWatchlist watchlist,
    Ledger ledger,
    IView view,
    IMeterFactory meters,
    IHostApplicationLifetime host,
    TimeProvider time,
    TimeSpan length,
    int seed) : BackgroundService
{
    private static readonly string[] Orders = ["1001", "1002", "1003", "1004", "1005"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await PlayAsync(stoppingToken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            Console.Error.WriteLine(exception);
            ledger.Agrees = false;
        }

        host.StopApplication();
    }

    private async Task PlayAsync(CancellationToken stoppingToken)
    {
        using MetricRecorder metrics = new(ChainWatchTelemetry.MeterName, meters);
        long started = time.GetTimestamp();
        ChainStatus status = chains.Get(chain.Chain.Name).Status;

        // An address for each order. From here on, whatever is paid to it is found.
        foreach (string order in Orders)
        {
            await watchlist.AddAsync(chain.Chain.Name, AddressOf(order), PaymentReference.For("order", order), stoppingToken);
        }

        // The chain is followed from the block on that is its newest when it is looked at first: the play begins after that.
        while (status.Cursor is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, stoppingToken);
        }

        using CancellationTokenSource curtain = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Scene scene = new() { Chain = chain, Status = status, Ledger = ledger, Orders = Orders, Length = length, Elapsed = () => time.GetElapsedTime(started) };
        Task showing = view.ShowAsync(scene, curtain.Token);

        int blocks = (int)(length * 0.8 / chain.Chain.BlockTime);
        SimulatedTraffic traffic = new(chain, new SimulatedTrafficOptions { Seed = seed, Addresses = [.. Orders.Select(AddressOf)], Reorgs = 0.15, Blocks = blocks }, time) { Happened = view.Chain };
        await traffic.RunAsync(stoppingToken);
        await SettleAsync(stoppingToken);

        await curtain.CancelAsync();
        await showing;
        List<string> differences = Compare();
        ledger.Agrees = differences.Count == 0;
        view.Summary(new Summary
        {
            Elapsed = time.GetElapsedTime(started),
            Blocks = (int)metrics.Sum("chainwatch.blocks"),
            Replaced = (int)metrics.Of("chainwatch.reorg.depth").Sum(static depth => depth.Reading),
            Reorgs = (int)metrics.Sum("chainwatch.reorgs"),
            Ledger = ledger,
            Chain = chain,
            Differences = differences,
        });
    }

    private static string AddressOf(string order) => SimulatedFormat.Address($"order {order}");

    /// <summary>Blocks without payments on top, until the last payment is confirmed and the handler knows of it.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        view.Chain("no more payments, just blocks");
        long began = time.GetTimestamp();
        for (int blocks = 0; blocks < 5 || (Compare().Count > 0 && time.GetElapsedTime(began) < TimeSpan.FromMinutes(1)); blocks++)
        {
            await Task.Delay(chain.Chain.BlockTime, time, cancellationToken);
            MinedBlock block = chain.Mine();
            view.Chain($"block {block.Height}");
        }
    }

    /// <summary>The books against the chain as it ended: every payment there, credited once, and nothing else.</summary>
    private List<string> Compare()
    {
        List<string> differences = [];
        HashSet<PaymentId> onChain = [];
        foreach (string order in Orders)
        {
            foreach ((MinedBlock block, PaymentId id, SimulatedTransfer transfer) in chain.TransfersTo(AddressOf(order)))
            {
                onChain.Add(id);
                if (!ledger.Payments.TryGetValue(id, out (Payment Payment, bool Credited) booked) || !booked.Credited)
                {
                    differences.Add($"order {order}: {transfer.Asset.FormatAmount(transfer.Amount)} {transfer.Asset} in block {block.Height} is not credited");
                }
                else if (booked.Payment.Amount != transfer.Amount || booked.Payment.Reference?.Id != order)
                {
                    differences.Add($"order {order}: the payment in block {block.Height} is booked wrongly");
                }
            }
        }

        differences.AddRange(ledger.Payments
            .Where(one => !onChain.Contains(one.Key))
            .Select(static one => $"order {one.Value.Payment.Reference?.Id}: a payment is booked that the chain does not hold"));
        return differences;
    }
}
