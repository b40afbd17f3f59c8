using System.Numerics;

namespace ChainWatch;

/// <summary>
/// Where reconciliations, what they found, and the states that agreed live; beside the payments that they are about. The conformance suite in <c>tests/ChainWatch.Conformance</c> says what an
/// implementation must do.
/// </summary>
public interface IReconciliationStore
{
    /// <summary>Asks for a reconciliation, and audits that.</summary>
    /// <returns>The run's number.</returns>
    ValueTask<long> RequestAsync(Chain chain, ReconciliationRequest request, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The oldest run of a chain that is not done; <see langword="null"/> where all are.</summary>
    ValueTask<ReconciliationRun?> ReadNextAsync(Chain chain, CancellationToken cancellationToken);

    /// <summary>One run; <see langword="null"/> where there is none of this number.</summary>
    ValueTask<ReconciliationRun?> ReadRunAsync(Chain chain, long id, CancellationToken cancellationToken);

    /// <summary>The runs of a chain, newest first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<ReconciliationRun>> ReadRunsAsync(Chain chain, int limit, CancellationToken cancellationToken);

    /// <summary>What a run found, in the order in which it was found, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<Discrepancy>> ReadDiscrepanciesAsync(Chain chain, long runId, int limit, CancellationToken cancellationToken);

    /// <summary>Stores a run's progress whole, or not at all.</summary>
    /// <returns>False when there is a newer term.</returns>
    ValueTask<bool> SaveAsync(Chain chain, long term, ReconciliationProgress progress, CancellationToken cancellationToken);

    /// <summary>How many addresses a request is about.</summary>
    ValueTask<long> CountSubjectsAsync(Chain chain, ReconciliationRequest request, CancellationToken cancellationToken);

    /// <summary>The next addresses that a request is about, ascending by the bytes of their keys, after one or from the first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<ReconciliationSubject>> ReadSubjectsAsync(Chain chain, ReconciliationRequest request, AddressKey? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// The sums of the payments of each of the addresses, by the asset's symbol, in blocks from a height of its own to one of its own, retracted ones left out; an address may be asked for more than once. All of it at the
    /// moment in which <paramref name="point"/> is canonical, and passed by the cursor.
    /// </summary>
    /// <returns>One for each of the questions, in that order; <see langword="null"/> where the point is not canonical, or the cursor has not passed it.</returns>
    ValueTask<IReadOnlyList<IReadOnlyDictionary<string, BigInteger>>?> ReadSumsAsync(
        Chain chain, ChainPoint point, IReadOnlyList<RecordedRange> ranges, CancellationToken cancellationToken);

    /// <summary>
    /// The payments of addresses in a range of blocks, and the canonical points there where <paramref name="withPoints"/> says so, all at the moment in which <paramref name="point"/> is canonical.
    /// </summary>
    /// <returns>They; <see langword="null"/> where the point is not canonical, or the cursor has not passed it.</returns>
    ValueTask<RecordedPayments?> ReadPaymentsAsync(
        Chain chain, ChainPoint point, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, bool withPoints, CancellationToken cancellationToken);

    /// <summary>The payments of these identities, retracted ones too, at the moment in which <paramref name="point"/> is canonical.</summary>
    /// <returns>Those that are stored; <see langword="null"/> where the point is not canonical, or the cursor has not passed it.</returns>
    ValueTask<IReadOnlyDictionary<PaymentId, Payment>?> FindPaymentsAsync(Chain chain, ChainPoint point, IReadOnlyList<PaymentId> ids, CancellationToken cancellationToken);

    /// <summary>The first height that the first pass ever read of a chain; <see langword="null"/> before its first commit.</summary>
    ValueTask<long?> ReadFirstHeightAsync(Chain chain, CancellationToken cancellationToken);

    /// <summary>The canonical point at a height; <see langword="null"/> where none is stored.</summary>
    ValueTask<ChainPoint?> FindPointAsync(Chain chain, long height, CancellationToken cancellationToken);

    /// <summary>Queues the reading of blocks again for watched addresses, as a back-scan like any other, and audits why.</summary>
    /// <returns>
    /// The back-scan's number; <see langword="null"/> where there is a newer term, the cursor stands below <paramref name="fromHeight"/>, or what the application was told of that block is not kept any more, so that it could be
    /// told twice.
    /// </returns>
    ValueTask<long?> RepairAsync(Chain chain, long term, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, string reason, CancellationToken cancellationToken);
}
