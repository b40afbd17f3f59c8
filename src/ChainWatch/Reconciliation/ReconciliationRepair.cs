using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Repairs what may be repaired, by having blocks read again: a back-scan like any other, so that there is one way on which payments are written. What the application was told of already, and the
/// chain does not hold, is never taken back here.
/// </summary>
internal sealed class ReconciliationRepair(ChainRegistration registration, long term, IReconciliationStore store, IWatchStore watchStore, EngineSignals signals, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private Chain Chain => registration.Chain;

    /// <summary>Repairs what was found for some addresses, and marks what became of it.</summary>
    public async Task RepairAsync(long runId, IReadOnlyList<ComparedAddress> addresses, ChainPoint point, CancellationToken cancellationToken)
    {
        foreach (ComparedAddress address in addresses)
        {
            Discrepancy[] wanted = [.. address.Found.Where(static one => one.Kind is DiscrepancyKind.MissingPayment or DiscrepancyKind.ChangedPayment or DiscrepancyKind.MissedSpending && one.TransactionId is not null)];
            List<(long From, long To)> queued = [];
            if (wanted.Length > 0)
            {
                // What was left out the first time would be left out again by an answer that is kept.
                registration.Reader?.Forget();
            }

            foreach ((long from, long to) in Ranges(wanted, point))
            {
                if (await store.RepairAsync(Chain, term, address.Keys, from, to, Reason(runId, address, from, to), cancellationToken) is { } scan)
                {
                    queued.Add((from, to));
                    signals.BackScanQueued.Pulse();
                    await WaitAsync(scan, cancellationToken);
                }
            }

            await MarkAsync(address, queued, point, cancellationToken);
        }
    }

    private static string Reason(long runId, ComparedAddress address, long from, long to) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"reconciliation {runId}: blocks {from} to {to} are read again for {address.Subject.Address.Address}");

    /// <summary>The blocks to read: each by itself, neighbours together; for a spending that was missed, all that may hold it.</summary>
    private static IEnumerable<(long From, long To)> Ranges(IEnumerable<Discrepancy> wanted, ChainPoint point)
    {
        (long From, long To)? open = null;
        foreach ((long from, long to) in wanted.Select(one => (one.FromHeight, To: one.Kind == DiscrepancyKind.MissedSpending ? point.Height : one.ToHeight)).Order())
        {
            if (open is { } range && from <= range.To + 1)
            {
                open = (range.From, Math.Max(range.To, to));
                continue;
            }

            if (open is { } done)
            {
                yield return done;
            }

            open = (from, to);
        }

        if (open is { } last)
        {
            yield return last;
        }
    }

    private async Task WaitAsync(long scan, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < Patience)
        {
            long version = signals.BackScanMoved.Version;
            if (await watchStore.ReadBackScanAsync(Chain, scan, cancellationToken) is not { IsDone: false })
            {
                return;
            }

            await signals.BackScanMoved.WaitAsync(version, LookInterval, time, cancellationToken);
        }
    }

    private async Task MarkAsync(ComparedAddress address, IReadOnlyList<(long From, long To)> queued, ChainPoint point, CancellationToken cancellationToken)
    {
        for (int index = 0; index < address.Found.Count; index++)
        {
            Discrepancy one = address.Found[index];
            if (!one.IsAlarm)
            {
                continue;
            }

            // What the store would not have read again is somebody's decision too.
            RepairState state = queued.Any(range => range.From <= one.FromHeight && one.FromHeight <= range.To) ? await StateAsync(one, point, cancellationToken) : RepairState.Operator;
            address.Replace(index, one with { Repair = state });
            if (state == RepairState.Repaired)
            {
                ReconciliationLog.Repaired(logger, Chain.Name, one.Kind, one.TransactionId!, one.Ordinal ?? 0, one.FromHeight);
            }
        }
    }

    private async ValueTask<RepairState> StateAsync(Discrepancy one, ChainPoint point, CancellationToken cancellationToken)
    {
        if (one.TransactionId is null || one.Kind is not (DiscrepancyKind.MissingPayment or DiscrepancyKind.ChangedPayment or DiscrepancyKind.MissedSpending))
        {
            return RepairState.Operator;
        }

        PaymentId id = new(Chain.Format.ParseHash(one.TransactionId), one.Ordinal!.Value);
        Payment? row = (await store.FindPaymentsAsync(Chain, point, [id], cancellationToken) ?? throw new ChainMovedException()).GetValueOrDefault(id);
        bool there = row is { Status: not PaymentStatus.Retracted };
        bool agrees = one.Kind == DiscrepancyKind.MissedSpending
            ? there && row!.Spent is not null
            : there && row!.Amount == one.OnChain && string.Equals(row.Asset, one.Asset, StringComparison.Ordinal) && string.Equals(row.Address, one.Address, StringComparison.Ordinal) && row.Block.Height == one.FromHeight;
        return agrees ? RepairState.Repaired : one.Kind == DiscrepancyKind.ChangedPayment ? RepairState.Operator : RepairState.Queued;
    }
}
