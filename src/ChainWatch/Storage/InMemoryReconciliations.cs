using System.Numerics;

namespace ChainWatch;

/// <summary>The reconciliations of an <see cref="InMemoryWatchStore"/>, under its lock.</summary>
internal sealed class InMemoryReconciliations(Lock guard, Func<Chain, InMemoryChain> chainOf, Func<Chain, long, bool> isNewest, InMemoryAudit audit) : IReconciliationStore
{
    /// <summary>How many runs of a chain are kept, with what they found.</summary>
    private const int RunsKept = 1_000;

    private readonly List<ReconciliationRun> _runs = [];
    private long _lastId;
    private readonly Dictionary<long, List<Discrepancy>> _found = [];
    private readonly Dictionary<(string Chain, AddressKey Key), ReconciledState> _reconciled = [];

    public ValueTask<long> RequestAsync(Chain chain, ReconciliationRequest request, DateTimeOffset at, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            ReconciliationRun run = new() { Id = ++_lastId, Chain = chain.Name, Request = request, State = ReconciliationState.Queued, RequestedAt = at };
            _runs.Add(run);
            _found.Add(run.Id, []);
            Remove([.. _runs.Where(one => IsOf(one, chain)).SkipLast(RunsKept).Where(static one => one.State == ReconciliationState.Done)]);
            audit.Append("reconcile", chain.Name, $"reconciliation {run.Id}");
            return new(run.Id);
        }
    }

    public ValueTask<ReconciliationRun?> ReadNextAsync(Chain chain, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            return new(_runs.Find(run => IsOf(run, chain) && run.State != ReconciliationState.Done));
        }
    }

    public ValueTask<ReconciliationRun?> ReadRunAsync(Chain chain, long id, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            return new(_runs.Find(run => IsOf(run, chain) && run.Id == id));
        }
    }

    public ValueTask<IReadOnlyList<ReconciliationRun>> ReadRunsAsync(Chain chain, int limit, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            return new([.. _runs.Where(run => IsOf(run, chain)).Reverse().Take(limit)]);
        }
    }

    public ValueTask<IReadOnlyList<Discrepancy>> ReadDiscrepanciesAsync(Chain chain, long runId, int limit, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            return new(_runs.Exists(run => IsOf(run, chain) && run.Id == runId) ? [.. _found[runId].Take(limit)] : []);
        }
    }

    public ValueTask<bool> SaveAsync(Chain chain, long term, ReconciliationProgress progress, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            if (!isNewest(chain, term))
            {
                return new(false);
            }

            _runs[_runs.FindIndex(run => run.Id == progress.Run.Id)] = progress.Run;
            _found[progress.Run.Id].AddRange(progress.Found);
            foreach (ReconciledState state in progress.Reconciled)
            {
                _reconciled[(chain.Name, state.Key)] = state;
            }

            return new(true);
        }
    }

    public ValueTask<long> CountSubjectsAsync(Chain chain, ReconciliationRequest request, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            return new(Wanted(chain, request).LongCount());
        }
    }

    public ValueTask<IReadOnlyList<ReconciliationSubject>> ReadSubjectsAsync(Chain chain, ReconciliationRequest request, AddressKey? after, int limit, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            InMemoryChain of = chainOf(chain);
            IReadOnlyList<BackScan> scans = of.BackScans();
            return new(
            [
                .. Wanted(chain, request)
                    .Where(address => after is not { } last || address.Key.Bytes.SequenceCompareTo(last.Bytes) > 0)
                    .Order(Comparer<WatchedAddress>.Create(static (left, right) => left.Key.Bytes.SequenceCompareTo(right.Key.Bytes)))
                    .Take(limit)
                    .Select(address => new ReconciliationSubject
                    {
                        Address = address,
                        Last = _reconciled.GetValueOrDefault((chain.Name, address.Key)) is { } state && of.Scope(0).PointAt(state.Point.Height) is var there && (there is null || there.Value.Hash == state.Point.Hash) ? state : null,
                        FirstPayment = of.PaymentsBetween(0, long.MaxValue).Where(payment => payment.To == address.Key && payment.Status != PaymentStatus.Retracted).Min(static payment => (long?)payment.Block.Height),
                        IsBeingRead = scans.Any(scan => scan.Keys.Contains(address.Key)),
                    }),
            ]);
        }
    }

    public ValueTask<IReadOnlyList<IReadOnlyDictionary<string, BigInteger>>?> ReadSumsAsync(Chain chain, ChainPoint point, IReadOnlyList<RecordedRange> ranges, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            return new(!IsCanonical(chain, point) ? null :
            [
                .. ranges.Select(range => chainOf(chain).PaymentsBetween(range.FromHeight, range.ToHeight)
                    .Where(payment => payment.To == range.Key && payment.Status != PaymentStatus.Retracted)
                    .GroupBy(static payment => payment.Asset, StringComparer.Ordinal)
                    .ToDictionary(static asset => asset.Key, static asset => asset.Aggregate(BigInteger.Zero, static (sum, payment) => sum + payment.Amount), StringComparer.Ordinal)),
            ]);
        }
    }

    public ValueTask<RecordedPayments?> ReadPaymentsAsync(Chain chain, ChainPoint point, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, bool withPoints, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            if (!IsCanonical(chain, point))
            {
                return new((RecordedPayments?)null);
            }

            HashSet<AddressKey> wanted = [.. keys];
            InMemoryChain of = chainOf(chain);
            return new(new RecordedPayments
            {
                Payments = [.. of.PaymentsBetween(fromHeight, toHeight).Where(payment => payment.Status != PaymentStatus.Retracted && wanted.Contains(payment.To))],
                Points = withPoints ? of.Scope(0).PointsBetween(fromHeight, toHeight).ToDictionary(static one => one.Height) : new Dictionary<long, ChainPoint>(),
            });
        }
    }

    public ValueTask<IReadOnlyDictionary<PaymentId, Payment>?> FindPaymentsAsync(Chain chain, ChainPoint point, IReadOnlyList<PaymentId> ids, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            HashSet<PaymentId> wanted = [.. ids];
            return new(IsCanonical(chain, point) ? chainOf(chain).PaymentsBetween(0, long.MaxValue).Where(payment => wanted.Contains(payment.Id)).ToDictionary(static payment => payment.Id) : null);
        }
    }

    public ValueTask<long?> ReadFirstHeightAsync(Chain chain, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            return new(chainOf(chain).Scope(0).Coverage is [{ } first, ..] ? first.FromHeight : null);
        }
    }

    public ValueTask<ChainPoint?> FindPointAsync(Chain chain, long height, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            return new(chainOf(chain).Scope(0).PointAt(height));
        }
    }

    public ValueTask<long?> RepairAsync(Chain chain, long term, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, string reason, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            InMemoryChain of = chainOf(chain);
            if (!isNewest(chain, term) || of.Scope(0).Cursor is not { } cursor || cursor.Height < fromHeight)
            {
                return new((long?)null);
            }

            audit.Append("repair", chain.Name, reason);
            return new(of.Queue(keys, fromHeight, Math.Min(toHeight, cursor.Height)));
        }
    }

    /// <summary>Lets old runs of a chain go, with what they found: never one that is not done, the last one that is, or the last one of the schedule, from which the next one is reckoned.</summary>
    public int Prune(PruneRequest request)
    {
        if (request.ReconciliationsBefore is not { } before || request.Partition != 0 || request.Finishes)
        {
            return 0;
        }

        ReconciliationRun[] done = [.. _runs.Where(run => IsOf(run, request.Chain) && run.State == ReconciliationState.Done)];
        ReconciliationRun? scheduled = _runs.FindLast(run => IsOf(run, request.Chain) && string.Equals(run.Request.RequestedBy, ReconciliationRequest.ScheduledBy, StringComparison.Ordinal));
        ReconciliationRun[] old = [.. done.SkipLast(1).Where(run => run.EndedAt < before && run != scheduled).Take(request.DryRun ? int.MaxValue : request.Limit)];
        if (!request.DryRun)
        {
            Remove(old);
        }

        return old.Length;
    }

    private void Remove(IReadOnlyList<ReconciliationRun> gone)
    {
        foreach (ReconciliationRun run in gone)
        {
            _runs.Remove(run);
            _found.Remove(run.Id);
        }
    }

    private static bool IsOf(ReconciliationRun run, Chain chain) => string.Equals(run.Chain, chain.Name, StringComparison.Ordinal);

    private bool IsCanonical(Chain chain, ChainPoint point) => chainOf(chain).Scope(0).PointAt(point.Height) is { } there && there.Hash == point.Hash;

    private IEnumerable<WatchedAddress> Wanted(Chain chain, ReconciliationRequest request)
    {
        InMemoryChain of = chainOf(chain);
        return request.Addresses is { } wanted ? wanted.Distinct().Select(of.Find).OfType<WatchedAddress>() : of.Watched();
    }
}
