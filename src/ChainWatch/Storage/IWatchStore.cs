namespace ChainWatch;

/// <summary>
/// Where blocks, payments, cursor, coverage, events, watched addresses and the outbox live. Every write of a scope is one transaction that begins by checking the term.
/// The conformance suite in <c>tests/ChainWatch.Conformance</c> says what an implementation must do.
/// </summary>
public interface IWatchStore
{
    /// <summary>Makes the store ready, migrations included. Safe to call from several instances at once; each calls it before anything else.</summary>
    ValueTask InitializeAsync(CancellationToken cancellationToken);

    /// <summary>Raises the term of a scope and makes <paramref name="holder"/> its holder: from now on every smaller term is refused. Called by elections only.</summary>
    /// <returns>The new term.</returns>
    ValueTask<long> RaiseTermAsync(string scope, string holder, CancellationToken cancellationToken);

    /// <summary>Loads what a leader needs to go on where the last one stopped.</summary>
    ValueTask<ScopeState> LoadAsync(Chain chain, int partition, CancellationToken cancellationToken);

    /// <summary>The highest canonical point below a height that is kept; <see langword="null"/> where there is none. Reading can begin there on chains whose protocol finds no block by its height.</summary>
    ValueTask<ChainPoint?> ReadPointBelowAsync(Chain chain, int partition, long height, CancellationToken cancellationToken);

    /// <summary>Writes a batch whole, or not at all.</summary>
    ValueTask<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellationToken);

    /// <summary>
    /// The payments in blocks above a height that are not retracted and whose address is no longer watched. They live on to their confirmation, so a follower that goes
    /// back below them looks for them in the new branch too.
    /// </summary>
    ValueTask<IReadOnlyList<Payment>> ReadUnwatchedPaymentsAsync(Chain chain, long aboveHeight, CancellationToken cancellationToken);

    /// <summary>The outputs that hold payments which are not retracted: the unspent ones, or those that blocks above a height spend. Empty on chains of accounts.</summary>
    ValueTask<IReadOnlyList<OutputId>> ReadOutputsAsync(Chain chain, long? spentAbove, CancellationToken cancellationToken);

    /// <summary>Registers addresses of a chain: all of them, or none.</summary>
    /// <exception cref="WatchConflictException">An address is watched already with another reference.</exception>
    ValueTask<RegistrationResult> AddAddressesAsync(Chain chain, IReadOnlyList<WatchRegistration> registrations, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Ends the watching of an address; what was found stays.</summary>
    /// <returns>False when it was not watched.</returns>
    ValueTask<bool> RemoveAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken);

    /// <summary>The watched addresses of a chain, ordered by the time of their registration.</summary>
    IAsyncEnumerable<WatchedAddress> ListAddressesAsync(Chain chain, CancellationToken cancellationToken);

    /// <summary>One watched address; <see langword="null"/> when it is not watched.</summary>
    ValueTask<WatchedAddress?> FindAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken);

    /// <summary>How many addresses of a chain are watched.</summary>
    ValueTask<long> CountAddressesAsync(Chain chain, CancellationToken cancellationToken);

    /// <summary>Changes of a chain's watchlist after a sequence (0 for all), at most <paramref name="limit"/>.</summary>
    ValueTask<WatchChanges> ReadWatchChangesAsync(Chain chain, long afterSequence, int limit, CancellationToken cancellationToken);

    /// <summary>The back-scans of a chain that are not done, oldest first.</summary>
    ValueTask<IReadOnlyList<BackScan>> ReadBackScansAsync(Chain chain, CancellationToken cancellationToken);

    /// <summary>One back-scan; <see langword="null"/> when it is done and forgotten.</summary>
    ValueTask<BackScan?> ReadBackScanAsync(Chain chain, long id, CancellationToken cancellationToken);

    /// <summary>Writes a piece of a back-scan whole, or not at all, and moves the back-scan on.</summary>
    ValueTask<CommitResult> CommitBackScanAsync(BackScanBatch batch, CancellationToken cancellationToken);

    /// <summary>
    /// Where the second pass goes on: the next range of blocks that one endpoint served in the first pass and that no second pass has read, final or not; <see langword="null"/> where there is none.
    /// </summary>
    ValueTask<CoverageRange?> ReadSecondPassAsync(Chain chain, int partition, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a piece of the second pass whole, or not at all, and with it how far it has come. Where it finds payments that outputs hold, a back-scan of their addresses is queued with it, from
    /// their block to the cursor: the first pass did not know these outputs, and any block since may spend them.
    /// </summary>
    ValueTask<CommitResult> CommitSecondPassAsync(SecondPassBatch batch, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the oldest event that is due for delivery and that no earlier undelivered event of the same payment stands before. No other instance gets it until the
    /// delivery is disposed. <see langword="null"/> when nothing is due.
    /// </summary>
    ValueTask<Delivery?> TakeDeliveryAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>How the outbox stands.</summary>
    ValueTask<OutboxState> ReadOutboxAsync(CancellationToken cancellationToken);

    /// <summary>The parked deliveries, oldest first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<ParkedDelivery>> ReadParkedAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Puts a parked delivery back, to be tried anew from its first attempt.</summary>
    /// <returns>False when no parked delivery has this sequence.</returns>
    ValueTask<bool> ReplayAsync(long sequence, CancellationToken cancellationToken);

    /// <summary>Payments of a chain, newest block first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<Payment>> ReadPaymentsAsync(Chain chain, int limit, CancellationToken cancellationToken);

    /// <summary>Which of the blocks from one height to another were read, through which endpoints, in which passes: ascending within a pass, the first pass first. Ranges are told whole, also where they reach beyond.</summary>
    ValueTask<IReadOnlyList<CoverageRange>> ReadCoverageAsync(Chain chain, long fromHeight, long toHeight, CancellationToken cancellationToken);

    /// <summary>Whether a block was read for an address, when, through which endpoints, and in which passes. Of an address that is not watched it says what was read for all.</summary>
    ValueTask<BlockCoverage> ReadBlockCoverageAsync(Chain chain, AddressKey key, long height, CancellationToken cancellationToken);

    /// <summary>
    /// The digests of a range of blocks, divided into at most <paramref name="parts"/> neighbouring parts as <see cref="DigestComparison.Divide"/> does, ascending; also of
    /// parts without payments.
    /// </summary>
    ValueTask<IReadOnlyList<DigestRange>> ReadDigestsAsync(Chain chain, long fromHeight, long toHeight, int parts, CancellationToken cancellationToken);

    /// <summary>Lets go of a piece of what following no longer needs, under the newest term. Coverage still says of every block that it was read, and folding the events that are left still gives each payment.</summary>
    ValueTask<PruneResult> PruneAsync(PruneRequest request, CancellationToken cancellationToken);

    /// <summary>How large the store is.</summary>
    ValueTask<StoreSize> ReadSizeAsync(CancellationToken cancellationToken);

    /// <summary>Asks every instance to take the next of an endpoint's keys into use. It is audited.</summary>
    ValueTask RequestKeyRotationAsync(string chain, string endpoint, CancellationToken cancellationToken);

    /// <summary>What was asked for with <see cref="RequestKeyRotationAsync"/> after a number (0 for all), ascending.</summary>
    ValueTask<IReadOnlyList<KeyRotationRequest>> ReadKeyRotationsAsync(long afterId, CancellationToken cancellationToken);

    /// <summary>
    /// Appends an entry to the audit log. Registrations, removals, replays of parked deliveries and new terms are audited by the store itself, in the transaction that they are
    /// written in.
    /// </summary>
    /// <param name="action">What was done, in a word.</param>
    /// <param name="entity">To what.</param>
    /// <param name="details">More, for people, without secrets; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask AuditAsync(string action, string entity, string? details, CancellationToken cancellationToken);

    /// <summary>The entries of the audit log after a number (0 for all), ascending.</summary>
    IAsyncEnumerable<AuditEntry> ReadAuditAsync(long afterId, CancellationToken cancellationToken);

    /// <summary>The newest entry of the audit log, as the store recorded it apart from the log.</summary>
    ValueTask<AuditHead> ReadAuditHeadAsync(CancellationToken cancellationToken);
}
