using System.Runtime.CompilerServices;
using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>
/// The store as one process sees it: calls take time, and may fail before they are done or, worse, after. What is done is told to the oracle in the order in which it is
/// done. What a killed process had taken for delivery is given back, as a database does when a connection ends.
/// </summary>
internal sealed class ScenarioStore(InMemoryWatchStore inner, Oracle oracle, Verdict verdict, SeededRandom random, ScenarioKnobs knobs) : IWatchStore
{
    private readonly HashSet<ScenarioDelivery> _taken = [];

    /// <summary>What the source of this process's follower last said of a rollback.</summary>
    public RecordingSource? Source { get; set; }

    public void ProcessDied()
    {
        foreach (ScenarioDelivery delivery in _taken.ToArray())
        {
            delivery.Release();
        }
    }

    public ValueTask InitializeAsync(CancellationToken cancellationToken) => inner.InitializeAsync(cancellationToken);

    public async ValueTask<long> RaiseTermAsync(string scope, string holder, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        long term = await inner.RaiseTermAsync(scope, holder, cancellationToken);
        await AfterAsync();
        return term;
    }

    public async ValueTask<ScopeState> LoadAsync(Chain chain, int partition, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        ScopeState state = await inner.LoadAsync(chain, partition, cancellationToken);
        await AfterAsync();
        return state;
    }

    public async ValueTask<ChainPoint?> ReadPointBelowAsync(Chain chain, int partition, long height, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        ChainPoint? point = await inner.ReadPointBelowAsync(chain, partition, height, cancellationToken);
        await AfterAsync();
        return point;
    }

    public async ValueTask<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        CommitResult result = await inner.CommitAsync(batch, cancellationToken);
        knobs.Count($"commit {result.Outcome}");
        knobs.Trace?.Invoke($"commit of term {batch.Term}: {(batch.RollBackTo is { } target ? $"back to {Oracle.Say(target)}, " : "")}{Oracle.Say(batch.Blocks)}, {batch.Marks}, final {Oracle.Say(batch.Finalized)}: {result.Outcome} {Oracle.Say(result.Events)}");
        if (result.Outcome == CommitOutcome.Committed)
        {
            oracle.Committed(batch, result);
            Source?.CheckRetractions(batch, result, oracle, verdict);
            await PruneAsync(batch);
            CheckCoverage(batch.Chain);
        }

        await AfterAsync();
        return result;
    }

    public async ValueTask<IReadOnlyList<Payment>> ReadUnwatchedPaymentsAsync(Chain chain, long aboveHeight, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        IReadOnlyList<Payment> payments = await inner.ReadUnwatchedPaymentsAsync(chain, aboveHeight, cancellationToken);
        await AfterAsync();
        return payments;
    }

    public async ValueTask<IReadOnlyList<OutputId>> ReadOutputsAsync(Chain chain, long? spentAbove, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        IReadOnlyList<OutputId> outputs = await inner.ReadOutputsAsync(chain, spentAbove, cancellationToken);
        await AfterAsync();
        return outputs;
    }

    public async ValueTask<CommitResult> CommitBackScanAsync(BackScanBatch batch, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        CommitResult result = await inner.CommitBackScanAsync(batch, cancellationToken);
        knobs.Count($"back-scan {result.Outcome}");
        knobs.Trace?.Invoke($"back-scan {batch.BackScanId} of term {batch.Term}: {Oracle.Say(batch.Blocks)}: {result.Outcome} {Oracle.Say(result.Events)}");
        if (result.Outcome == CommitOutcome.Committed)
        {
            oracle.ScannedBack(batch, result);
        }

        await AfterAsync();
        return result;
    }

    public async ValueTask<RegistrationResult> AddAddressesAsync(Chain chain, IReadOnlyList<WatchRegistration> registrations, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken, mayFail: false);
        RegistrationResult result = await inner.AddAddressesAsync(chain, registrations, at, cancellationToken);
        oracle.Registered(registrations, await inner.ReadBackScansAsync(chain, cancellationToken));
        knobs.Trace?.Invoke($"registered {string.Join(", ", registrations.Select(static one => $"{one.Address[..8]} {one.Since}"))}: {result.Added} new, back-scans {string.Join(", ", result.BackScanIds)}");
        await AfterAsync(mayFail: false);
        return result;
    }

    public async ValueTask<bool> RemoveAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken, mayFail: false);
        bool removed = await inner.RemoveAddressAsync(chain, key, cancellationToken);
        oracle.Removed(key);
        knobs.Trace?.Invoke($"removed {chain.Format.FormatAddress(key)[..8]}: {removed}");
        await AfterAsync(mayFail: false);
        return removed;
    }

    public async IAsyncEnumerable<WatchedAddress> ListAddressesAsync(Chain chain, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (WatchedAddress address in inner.ListAddressesAsync(chain, cancellationToken))
        {
            yield return address;
        }
    }

    public ValueTask<WatchedAddress?> FindAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken) => inner.FindAddressAsync(chain, key, cancellationToken);

    public ValueTask<long> CountAddressesAsync(Chain chain, CancellationToken cancellationToken) => inner.CountAddressesAsync(chain, cancellationToken);

    public async ValueTask<WatchChanges> ReadWatchChangesAsync(Chain chain, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        WatchChanges changes = await inner.ReadWatchChangesAsync(chain, afterSequence, limit, cancellationToken);
        await AfterAsync();
        return changes;
    }

    public async ValueTask<IReadOnlyList<BackScan>> ReadBackScansAsync(Chain chain, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        return await inner.ReadBackScansAsync(chain, cancellationToken);
    }

    public async ValueTask<BackScan?> ReadBackScanAsync(Chain chain, long id, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken, mayFail: false);
        return await inner.ReadBackScanAsync(chain, id, cancellationToken);
    }

    public ValueTask<CoverageRange?> ReadSecondPassAsync(Chain chain, int partition, CancellationToken cancellationToken) => inner.ReadSecondPassAsync(chain, partition, cancellationToken);

    public ValueTask<CommitResult> CommitSecondPassAsync(SecondPassBatch batch, CancellationToken cancellationToken) => inner.CommitSecondPassAsync(batch, cancellationToken);

    public async ValueTask<Delivery?> TakeDeliveryAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await BeforeAsync(cancellationToken);
        if (await inner.TakeDeliveryAsync(now, cancellationToken) is not { } delivery)
        {
            return null;
        }

        ScenarioDelivery taken = new(delivery, this, verdict, knobs);
        _taken.Add(taken);
        return taken;
    }

    public ValueTask<OutboxState> ReadOutboxAsync(CancellationToken cancellationToken) => inner.ReadOutboxAsync(cancellationToken);

    public ValueTask<IReadOnlyList<ParkedDelivery>> ReadParkedAsync(int limit, CancellationToken cancellationToken) => inner.ReadParkedAsync(limit, cancellationToken);

    public ValueTask<bool> ReplayAsync(long sequence, CancellationToken cancellationToken) => inner.ReplayAsync(sequence, cancellationToken);

    public ValueTask<IReadOnlyList<Payment>> ReadPaymentsAsync(Chain chain, int limit, CancellationToken cancellationToken) => inner.ReadPaymentsAsync(chain, limit, cancellationToken);

    internal void Forget(ScenarioDelivery delivery) => _taken.Remove(delivery);

    internal async ValueTask BeforeAsync(CancellationToken cancellationToken, bool mayFail = true)
    {
        if (random.Chance(knobs.StoreYields))
        {
            await Task.Yield();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (mayFail && knobs.StoreFailures > 0 && random.Chance(knobs.StoreFailures))
        {
            knobs.Count("store failed before");
            throw new IOException("the database is gone");
        }
    }

    internal async ValueTask AfterAsync(bool mayFail = true)
    {
        if (random.Chance(knobs.StoreYields))
        {
            await Task.Yield();
        }

        if (mayFail && knobs.StoreFailures > 0 && random.Chance(knobs.StoreFailures))
        {
            knobs.Count("store failed after");
            throw new IOException("the database is gone, and whether it did it nobody knows");
        }
    }

    public ValueTask<IReadOnlyList<CoverageRange>> ReadCoverageAsync(Chain chain, long fromHeight, long toHeight, CancellationToken cancellationToken) =>
        inner.ReadCoverageAsync(chain, fromHeight, toHeight, cancellationToken);

    public ValueTask<IReadOnlyList<DigestRange>> ReadDigestsAsync(Chain chain, long fromHeight, long toHeight, int parts, CancellationToken cancellationToken) =>
        inner.ReadDigestsAsync(chain, fromHeight, toHeight, parts, cancellationToken);

    public ValueTask AuditAsync(string action, string entity, string? details, CancellationToken cancellationToken) => inner.AuditAsync(action, entity, details, cancellationToken);

    public IAsyncEnumerable<AuditEntry> ReadAuditAsync(long afterId, CancellationToken cancellationToken) => inner.ReadAuditAsync(afterId, cancellationToken);

    public ValueTask<AuditHead> ReadAuditHeadAsync(CancellationToken cancellationToken) => inner.ReadAuditHeadAsync(cancellationToken);

    public ValueTask<BlockCoverage> ReadBlockCoverageAsync(Chain chain, AddressKey key, long height, CancellationToken cancellationToken) => inner.ReadBlockCoverageAsync(chain, key, height, cancellationToken);

    public ValueTask<PruneResult> PruneAsync(PruneRequest request, CancellationToken cancellationToken) => inner.PruneAsync(request, cancellationToken);

    public ValueTask RequestKeyRotationAsync(string chain, string endpoint, CancellationToken cancellationToken) => inner.RequestKeyRotationAsync(chain, endpoint, cancellationToken);

    public ValueTask<IReadOnlyList<KeyRotationRequest>> ReadKeyRotationsAsync(long afterId, CancellationToken cancellationToken) => inner.ReadKeyRotationsAsync(afterId, cancellationToken);

    public ValueTask<StoreSize> ReadSizeAsync(CancellationToken cancellationToken) => inner.ReadSizeAsync(cancellationToken);

    /// <summary>Lets go now and then of all that may go: whatever comes then, must go on as if it were there.</summary>
    private async ValueTask PruneAsync(CommitBatch batch)
    {
        if (knobs.Pruning?.Chance(0.1) is true)
        {
            // Like the engine's own pruning, which leaves the newest block of each back-scan.
            IReadOnlyList<BackScan> scans = await inner.ReadBackScansAsync(batch.Chain, CancellationToken.None);
            PruneResult result = await inner.PruneAsync(
                new PruneRequest
                {
                    Chain = batch.Chain,
                    Term = batch.Term,
                    BelowHeight = scans.Select(static scan => scan.ToHeight).DefaultIfEmpty(long.MaxValue).Min(),
                    BlocksBefore = DateTimeOffset.MaxValue,
                    CoverageBefore = DateTimeOffset.MaxValue,
                    EventsBefore = DateTimeOffset.MaxValue,
                },
                CancellationToken.None);
            knobs.Count("blocks pruned", result.Blocks);
        }
    }

    private void CheckCoverage(Chain chain)
    {
        IReadOnlyList<CoverageRange> coverage = inner.ReadCoverage(chain);
        long? next = oracle.Chain.Count > 0 ? oracle.Chain[0].Height : null;
        foreach (CoverageRange range in coverage)
        {
            verdict.Check(range.FromHeight == next && range.ToHeight >= range.FromHeight, () => $"coverage {string.Join(", ", coverage)} has a gap or overlap: {next} should be next");
            next = range.ToHeight + 1;
        }

        verdict.Check(oracle.Chain.Count == 0 || next == oracle.Chain[^1].Height + 1, () => $"coverage {string.Join(", ", coverage)} does not end at the cursor {Oracle.Say(oracle.Cursor)}");
    }
}
