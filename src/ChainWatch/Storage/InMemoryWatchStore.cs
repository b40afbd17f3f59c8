using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>
/// The embedded default: everything in this process's memory, gone with it. It keeps the same promises as the PostgreSQL store while the process lives, which is
/// what tests, samples and first steps need; money needs a store that survives.
/// </summary>
public sealed class InMemoryWatchStore : IWatchStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _terms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, InMemoryChain> _chains = new(StringComparer.Ordinal);
    private readonly InMemoryOutbox _outbox = new();
    private readonly Queue<PaymentEvent> _events = new();
    private readonly InMemoryAudit _audit;
    private readonly InMemoryReconciliations _reconciliations;
    private readonly List<KeyRotationRequest> _keyRotations = [];
    private readonly int _maxEvents;
    private long _sequence;

    /// <summary>Creates an empty store.</summary>
    /// <param name="maxEvents">How many of the newest events <see cref="ReadEvents"/> can tell; older ones are forgotten.</param>
    /// <param name="timeProvider">The clock of the audit log; the system's by default.</param>
    public InMemoryWatchStore(int maxEvents = 100_000, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxEvents);
        _maxEvents = maxEvents;
        _audit = new InMemoryAudit(timeProvider ?? TimeProvider.System);
        _reconciliations = new InMemoryReconciliations(_lock, Of, (chain, term) => IsNewest(chain, partition: 0, term), _audit);
    }

    /// <summary>The reconciliations of what is stored here.</summary>
    public IReconciliationStore Reconciliations => _reconciliations;

    /// <summary>The newest events of all chains, oldest first.</summary>
    public IReadOnlyList<PaymentEvent> ReadEvents()
    {
        lock (_lock)
        {
            return [.. _events];
        }
    }

    /// <summary>The coverage of a chain's first partition in the first pass, ascending.</summary>
    public IReadOnlyList<CoverageRange> ReadCoverage(Chain chain)
    {
        lock (_lock)
        {
            return [.. Of(chain).Scope(0).Coverage];
        }
    }

    /// <summary>Changes what is stored of a payment behind the engine's back, as a statement of SQL could in a database: for tests of what finds it.</summary>
    internal void Rewrite(Chain chain, PaymentId id, Func<Payment, Payment> change)
    {
        lock (_lock)
        {
            Of(chain).Rewrite(id, change);
        }
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask<long> RaiseTermAsync(string scope, string holder, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            long term = _terms.GetValueOrDefault(scope) + 1;
            _terms[scope] = term;
            _audit.Append("lead", scope, $"term {term} by {holder}");
            return new(term);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ScopeState> LoadAsync(Chain chain, int partition, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).Scope(partition).ToState());
        }
    }

    /// <inheritdoc/>
    public ValueTask<ChainPoint?> ReadPointBelowAsync(Chain chain, int partition, long height, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).Scope(partition).PointBelow(height));
        }
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        cancellationToken.ThrowIfCancellationRequested();
        batch.ThrowIfNotLinked();
        lock (_lock)
        {
            InMemoryChain chain = Of(batch.Chain);
            InMemoryScope scope = chain.Scope(batch.Partition);
            if (!IsNewest(batch.Chain, batch.Partition, batch.Term))
            {
                return new(CommitResult.Fenced);
            }

            if (scope.Cursor != batch.Cursor)
            {
                return new(CommitResult.CursorMoved);
            }

            if (chain.WatchSequence != batch.WatchSequence)
            {
                return new(CommitResult.WatchlistMoved);
            }

            if (batch.RollBackTo is { } last)
            {
                chain.Unspend(last.Height);
            }

            PaymentChanges changes = PaymentTransitions.Resolve(
                batch.Chain, batch.RollBackTo, batch.Payments, chain.Touched(batch), chain.ReferenceOf, batch.At);
            scope.Apply(batch);
            if (batch.RollBackTo is { } target)
            {
                chain.LowerBackScans(target.Height);
                chain.UnscanAbove(target.Height);
            }
            else if (batch is { Cursor: null, Blocks: [{ } first, ..] })
            {
                chain.LowerBackScans(first.Point.Height - 1);
            }

            CommitResult result = Write(chain, scope, changes, batch.Deliver, batch.At);
            chain.Spend(batch.Chain.Format, batch.Spends);
            return new(result);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<OutputId>> ReadOutputsAsync(Chain chain, long? spentAbove, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).Outputs(chain.Format, spentAbove));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Payment>> ReadUnwatchedPaymentsAsync(Chain chain, long aboveHeight, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).UnwatchedAbove(aboveHeight));
        }
    }

    /// <inheritdoc/>
    public ValueTask<RegistrationResult> AddAddressesAsync(
        Chain chain, IReadOnlyList<WatchRegistration> registrations, DateTimeOffset at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(registrations);
        lock (_lock)
        {
            RegistrationResult result = Of(chain).Register(registrations, at);
            if (result.Added > 0)
            {
                string addresses = string.Join(", ", registrations.Select(static one => one.Address).Distinct(StringComparer.Ordinal).Take(10));
                _audit.Append("watch", chain.Name, $"{result.Added} added: {addresses}");
            }

            return new(result);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            bool removed = Of(chain).Remove(key);
            if (removed)
            {
                _audit.Append("unwatch", chain.Name, $"1 removed: {chain.Format.FormatAddress(key)}");
            }

            return new(removed);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WatchedAddress> ListAddressesAsync(Chain chain, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        WatchedAddress[] all;
        lock (_lock)
        {
            all = Of(chain).Watched();
        }

        foreach (WatchedAddress one in all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return one;
        }

        await ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<WatchedAddress?> FindAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).Find(key));
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> CountAddressesAsync(Chain chain, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).Watched().Length);
        }
    }

    /// <inheritdoc/>
    public ValueTask<WatchChanges> ReadWatchChangesAsync(Chain chain, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        lock (_lock)
        {
            return new(Of(chain).ChangesAfter(afterSequence, limit));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BackScan>> ReadBackScansAsync(Chain chain, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).BackScans());
        }
    }

    /// <inheritdoc/>
    public ValueTask<BackScan?> ReadBackScanAsync(Chain chain, long id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).FindBackScan(id));
        }
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitBackScanAsync(BackScanBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            InMemoryChain chain = Of(batch.Chain);
            InMemoryScope scope = chain.Scope(batch.Partition);
            if (!IsNewest(batch.Chain, batch.Partition, batch.Term))
            {
                return new(CommitResult.Fenced);
            }

            BackScan? scan = chain.FindBackScan(batch.BackScanId);
            if (scan is null || batch.Blocks.Count == 0 || batch.Blocks[0].Point.Height != scan.FromHeight || !batch.Blocks.All(block => scope.Agrees(block.Point)))
            {
                return new(CommitResult.CursorMoved);
            }

            PaymentFound[] found = [.. batch.Payments.Where(one => one.Block.Height <= scan.ToHeight && chain.Find(one.Transfer.To) is not null)];
            PaymentChanges changes = PaymentTransitions.Resolve(batch.Chain, rollBackTo: null, found, chain.Touched(found), chain.ReferenceOf, batch.At);
            bool outputs = changes.Transitions.Any(one => batch.Chain.Format.OutputOf(one.Payment.Id) is not null);
            chain.ScannedBack(scan, batch);
            chain.MoveOn(scan, batch.Blocks[^1].Point.Height + 1, outputs ? scope.Marks.Head : scan.ToHeight);
            CommitResult result = Write(chain, scope, changes, batch.Deliver, batch.At);
            chain.Spend(batch.Chain.Format, batch.Spends);
            return new(result);
        }
    }

    /// <inheritdoc/>
    public ValueTask<CoverageRange?> ReadSecondPassAsync(Chain chain, int partition, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).Scope(partition).NextOfSecondPass());
        }
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitSecondPassAsync(SecondPassBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            InMemoryChain chain = Of(batch.Chain);
            InMemoryScope scope = chain.Scope(batch.Partition);
            if (!IsNewest(batch.Chain, batch.Partition, batch.Term))
            {
                return new(CommitResult.Fenced);
            }

            if (!scope.Fits(batch))
            {
                return new(CommitResult.CursorMoved);
            }

            PaymentFound[] found = [.. batch.Payments.Where(chain.ShouldHave)];
            PaymentChanges changes = PaymentTransitions.Resolve(batch.Chain, rollBackTo: null, found, chain.Touched(found), chain.ReferenceOf, batch.At);
            scope.Passed(batch);
            if (changes.FoundOutputs(batch.Chain.Format) is { } outputs)
            {
                chain.Queue(outputs.Keys, outputs.FromHeight, scope.Marks.Head);
            }

            return new(Write(chain, scope, changes, batch.Deliver, batch.At));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Delivery?> TakeDeliveryAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            InMemoryOutbox.Entry? entry = _outbox.Take(now);
            return new(entry is null ? null : new InMemoryDelivery(_lock, _outbox, entry));
        }
    }

    /// <inheritdoc/>
    public ValueTask<OutboxState> ReadOutboxAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(_outbox.State());
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedDelivery>> ReadParkedAsync(int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(_outbox.Parked(limit));
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReplayAsync(long sequence, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            bool replayed = _outbox.Replay(sequence, out PaymentEvent? one);
            if (replayed)
            {
                _audit.Append("replay", one!.Payment.Chain, $"event {sequence} of payment {one.Payment.TransactionId}/{one.Payment.Id.Ordinal}");
            }

            return new(replayed);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Payment>> ReadPaymentsAsync(Chain chain, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).NewestPayments(limit));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<CoverageRange>> ReadCoverageAsync(Chain chain, long fromHeight, long toHeight, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            InMemoryScope scope = Of(chain).Scope(0);
            return new([.. scope.Coverage.Concat(scope.SecondPass).Where(range => range.FromHeight <= toHeight && range.ToHeight >= fromHeight)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<BlockCoverage> ReadBlockCoverageAsync(Chain chain, AddressKey key, long height, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Of(chain).CoverageOf(key, height));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DigestRange>> ReadDigestsAsync(Chain chain, long fromHeight, long toHeight, int parts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        long width = DigestComparison.WidthOf(fromHeight, toHeight, parts);
        Dictionary<long, PaymentDigest> digests = [];
        lock (_lock)
        {
            foreach (Payment payment in Of(chain).PaymentsBetween(fromHeight, toHeight))
            {
                long part = (payment.Block.Height - fromHeight) / width;
                digests[part] = digests.GetValueOrDefault(part) + PaymentDigest.Of(payment, chain.Format);
            }
        }

        return new(DigestComparison.Divide(fromHeight, toHeight, parts, digests));
    }

    /// <inheritdoc/>
    /// <remarks>Events are bounded by their number here, whatever is asked for.</remarks>
    public ValueTask<PruneResult> PruneAsync(PruneRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_lock)
        {
            if (request.Term is { } term && !IsNewest(request.Chain, request.Partition, term))
            {
                return new(PruneResult.Fenced);
            }

            PruneResult result = Of(request.Chain).Scope(request.Partition).Prune(request);
            int reconciliations = _reconciliations.Prune(request);
            return new(result with { Reconciliations = reconciliations, HasMore = result.HasMore || reconciliations == request.Limit });
        }
    }

    /// <inheritdoc/>
    /// <remarks>What is in memory takes no room on a disk.</remarks>
    public ValueTask<StoreSize> ReadSizeAsync(CancellationToken cancellationToken) => new(default(StoreSize));

    /// <inheritdoc/>
    public ValueTask RequestKeyRotationAsync(string chain, string endpoint, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _keyRotations.Add(new KeyRotationRequest(_keyRotations.Count + 1, chain, endpoint));
            _audit.Append("endpoint.key.requested", $"{chain}/{endpoint}", "the next key is to be used");
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeyRotationRequest>> ReadKeyRotationsAsync(long afterId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new([.. _keyRotations.Where(one => one.Id > afterId)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask AuditAsync(string action, string entity, string? details, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _audit.Append(action, entity, details);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<AuditEntry> ReadAuditAsync(long afterId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AuditEntry[] entries;
        lock (_lock)
        {
            entries = _audit.After(afterId);
        }

        foreach (AuditEntry entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }

        await ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<AuditHead> ReadAuditHeadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(_audit.Head);
        }
    }

    /// <summary>A term that nobody was given is nobody's, 0 included.</summary>
    private bool IsNewest(Chain chain, int partition, long term) => _terms.TryGetValue(WatchScope.For(chain, partition), out long newest) && newest == term;

    private InMemoryChain Of(Chain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        if (!_chains.TryGetValue(chain.Name, out InMemoryChain? found))
        {
            found = new InMemoryChain(chain.Name);
            _chains.Add(chain.Name, found);
        }

        return found;
    }

    private CommitResult Write(InMemoryChain chain, InMemoryScope scope, PaymentChanges changes, bool deliver, DateTimeOffset at)
    {
        chain.Store(changes);
        List<PaymentEvent> events = new(changes.Transitions.Count);
        foreach (PaymentTransition transition in changes.Transitions)
        {
            events.Add(transition.ToEvent(++_sequence, at));
        }

        foreach (Payment confirmed in chain.Confirm(scope.Marks, at))
        {
            events.Add(new PaymentTransition(PaymentEventKind.Confirmed, confirmed).ToEvent(++_sequence, at));
        }

        foreach (PaymentEvent one in events)
        {
            if (deliver)
            {
                _outbox.Add(one);
            }

            _events.Enqueue(one);
            if (_events.Count > _maxEvents)
            {
                _events.Dequeue();
            }
        }

        return new CommitResult { Outcome = CommitOutcome.Committed, Events = events };
    }
}
