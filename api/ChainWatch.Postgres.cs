namespace ChainWatch.Postgres
{
    public sealed class ForeignSchemaException : InvariantViolationException
    {
        public ForeignSchemaException(string message);
    }

    public readonly record struct LedgerTable : IEquatable<LedgerTable>
    {
        public LedgerTable(string Name, string Account, string Amount, string? Asset = null);
        public string Account { get; init; }
        public string Amount { get; init; }
        public string Name { get; init; }
        public string? Asset { get; init; }
    }

    public sealed class PostgresBalanceLedger : IBalanceLedger
    {
        public PostgresBalanceLedger(NpgsqlDataSource dataSource, LedgerTable balances, IReadOnlyList<LedgerTable> credits, IReadOnlyList<LedgerTable> debits, int decimals = 0);
        public IAsyncEnumerable<LedgerAccount> ReadAccountsAsync(CancellationToken cancellationToken);
    }

    public sealed class PostgresLeaderElection : ILeaderElection
    {
        public ValueTask<Leadership> AcquireAsync(LeadershipCandidate candidate, CancellationToken cancellationToken);
    }

    public sealed class PostgresOptions
    {
        public const string Section = "ChainWatch:Postgres";
        public PostgresOptions();
        public TimeSpan? WriteTimeout { get; set; }
        public bool FlushDeliveries { get; set; }
        public string Schema { get; set; }
        public string? ConnectionString { get; set; }
    }

    public static class PostgresPaymentContextExtensions
    {
        public static NpgsqlConnection GetConnection(this PaymentContext context);
        public static NpgsqlTransaction GetTransaction(this PaymentContext context);
    }

    public sealed class PostgresRebuild
    {
        public PostgresRebuild(NpgsqlDataSource dataSource, string live, string rebuilt, TimeSpan writeTimeout, TimeProvider timeProvider);
        public PostgresWatchStore Store { get; }
        public TimeSpan HoldLimit { get; init; }
        public Task DropAsync(CancellationToken cancellationToken);
        public Task PrepareAsync(bool resume, CancellationToken cancellationToken);
        public Task<RebuildComparison> CompareAsync(Chain chain, long fromHeight, int limit, CancellationToken cancellationToken);
        public Task<RebuildComparison> SwitchAsync(Chain chain, long fromHeight, RedeliveryMode mode, bool retract, int limit, CancellationToken cancellationToken);
    }

    public sealed class PostgresWatchStore : IWatchStore
    {
        public PostgresWatchStore(NpgsqlDataSource dataSource, string schema, TimeSpan writeTimeout, TimeProvider timeProvider);
        public IAsyncEnumerable<AuditEntry> ReadAuditAsync(long afterId, CancellationToken cancellationToken);
        public IAsyncEnumerable<WatchedAddress> ListAddressesAsync(Chain chain, CancellationToken cancellationToken);
        public ValueTask AuditAsync(string action, string entity, string? details, CancellationToken cancellationToken);
        public ValueTask InitializeAsync(CancellationToken cancellationToken);
        public ValueTask RequestKeyRotationAsync(string chain, string endpoint, CancellationToken cancellationToken);
        public ValueTask<AuditHead> ReadAuditHeadAsync(CancellationToken cancellationToken);
        public ValueTask<BackScan?> ReadBackScanAsync(Chain chain, long id, CancellationToken cancellationToken);
        public ValueTask<BlockCoverage> ReadBlockCoverageAsync(Chain chain, AddressKey key, long height, CancellationToken cancellationToken);
        public ValueTask<ChainPoint?> ReadPointBelowAsync(Chain chain, int partition, long height, CancellationToken cancellationToken);
        public ValueTask<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellationToken);
        public ValueTask<CommitResult> CommitBackScanAsync(BackScanBatch batch, CancellationToken cancellationToken);
        public ValueTask<CommitResult> CommitSecondPassAsync(SecondPassBatch batch, CancellationToken cancellationToken);
        public ValueTask<CoverageRange?> ReadSecondPassAsync(Chain chain, int partition, CancellationToken cancellationToken);
        public ValueTask<Delivery?> TakeDeliveryAsync(DateTimeOffset now, CancellationToken cancellationToken);
        public ValueTask<IReadOnlyList<BackScan>> ReadBackScansAsync(Chain chain, CancellationToken cancellationToken);
        public ValueTask<IReadOnlyList<CoverageRange>> ReadCoverageAsync(Chain chain, long fromHeight, long toHeight, CancellationToken cancellationToken);
        public ValueTask<IReadOnlyList<DigestRange>> ReadDigestsAsync(Chain chain, long fromHeight, long toHeight, int parts, CancellationToken cancellationToken);
        public ValueTask<IReadOnlyList<KeyRotationRequest>> ReadKeyRotationsAsync(long afterId, CancellationToken cancellationToken);
        public ValueTask<IReadOnlyList<OutputId>> ReadOutputsAsync(Chain chain, long? spentAbove, CancellationToken cancellationToken);
        public ValueTask<IReadOnlyList<ParkedDelivery>> ReadParkedAsync(int limit, CancellationToken cancellationToken);
        public ValueTask<IReadOnlyList<Payment>> ReadPaymentsAsync(Chain chain, int limit, CancellationToken cancellationToken);
        public ValueTask<IReadOnlyList<Payment>> ReadUnwatchedPaymentsAsync(Chain chain, long aboveHeight, CancellationToken cancellationToken);
        public ValueTask<OutboxState> ReadOutboxAsync(CancellationToken cancellationToken);
        public ValueTask<PruneResult> PruneAsync(PruneRequest request, CancellationToken cancellationToken);
        public ValueTask<RegistrationResult> AddAddressesAsync(Chain chain, IReadOnlyList<WatchRegistration> registrations, DateTimeOffset at, CancellationToken cancellationToken);
        public ValueTask<ScopeState> LoadAsync(Chain chain, int partition, CancellationToken cancellationToken);
        public ValueTask<StoreSize> ReadSizeAsync(CancellationToken cancellationToken);
        public ValueTask<WatchChanges> ReadWatchChangesAsync(Chain chain, long afterSequence, int limit, CancellationToken cancellationToken);
        public ValueTask<WatchedAddress?> FindAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken);
        public ValueTask<bool> RemoveAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken);
        public ValueTask<bool> ReplayAsync(long sequence, CancellationToken cancellationToken);
        public ValueTask<long> CountAddressesAsync(Chain chain, CancellationToken cancellationToken);
        public ValueTask<long> RaiseTermAsync(string scope, string holder, CancellationToken cancellationToken);
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class PostgresChainWatchBuilderExtensions
    {
        public static ChainWatchBuilder UsePostgres(this ChainWatchBuilder builder, NpgsqlDataSource dataSource, Action<PostgresOptions>? configure = null);
        public static ChainWatchBuilder UsePostgres(this ChainWatchBuilder builder, string? connectionString = null, Action<PostgresOptions>? configure = null);
    }
}
