namespace ChainWatch
{
    public sealed class AddressFormatException : ChainWatchException
    {
        public AddressFormatException(string address, string reason);
        public string Address { get; }
    }

    public readonly struct AddressKey : IEquatable<AddressKey>
    {
        public const int MaxLength = 64;
        public AddressKey(ReadOnlySpan<byte> bytes);
        public ReadOnlySpan<byte> Bytes { get; }
        public int Length { get; }
        public bool Equals(AddressKey other);
        public override bool Equals(object? obj);
        public override int GetHashCode();
        public override string ToString();
        public static bool op_Equality(AddressKey left, AddressKey right);
        public static bool op_Inequality(AddressKey left, AddressKey right);
    }

    public sealed class AddressSet
    {
        public IEnumerable<AddressKey> Keys { get; }
        public int Count { get; }
        public int KeyLength { get; }
        public long Sequence { get; }
        public AddressSet Add(IEnumerable<AddressKey> keys);
        public AddressSet Apply(WatchChanges changes);
        public bool Contains(ReadOnlySpan<byte> key);
        public static AddressSet Create(int keyLength, int capacity = 0);
    }

    public sealed class AddressState
    {
        public AddressState();
        public IReadOnlyList<UnspentOutput>? Unspent { get; init; }
        public long? Sent { get; init; }
        public required AddressKey Key { get; init; }
        public required IReadOnlyList<AssetBalance> Balances { get; init; }
    }

    public enum AnswerKind
    {
        Unknown = 0,
        NotYet = 1,
        Found = 2,
    }

    public readonly struct Answer<T> where T : class
    {
        public AnswerKind Kind { get; }
        public T? Value { get; }
        public bool IsFound { get; }
        public string? Reason { get; }
        public static Answer<T> Found(T value);
        public static Answer<T> NotYet(string reason);
        public static Answer<T> Unknown(string reason);
    }

    public sealed class Asset
    {
        public Asset();
        public required int Decimals { get; init; }
        public required string Symbol { get; init; }
        public string? Id { get; init; }
        public bool TryParseAmount(string? text, out BigInteger amount);
        public override string ToString();
        public string FormatAmount(BigInteger amount);
    }

    public readonly record struct AssetBalance : IEquatable<AssetBalance>
    {
        public AssetBalance(Asset Asset, BigInteger Amount);
        public Asset Asset { get; init; }
        public BigInteger Amount { get; init; }
        public BigInteger? Reserved { get; init; }
    }

    public static class AuditActor
    {
        public static string? Current { get; }
        public static IDisposable Is(string name);
    }

    public sealed record class AuditEntry : IEquatable<AuditEntry>
    {
        public AuditEntry();
        public required DateTimeOffset At { get; init; }
        public required long Id { get; init; }
        public required string Action { get; init; }
        public required string Entity { get; init; }
        public required string Hash { get; init; }
        public string? Actor { get; init; }
        public string? Details { get; init; }
        public string ComputeHash(string previous);
    }

    public readonly record struct AuditHead : IEquatable<AuditHead>
    {
        public AuditHead(long Id, string Hash);
        public long Id { get; init; }
        public static AuditHead Empty { get; }
        public string Hash { get; init; }
    }

    public sealed record class AuditVerdict : IEquatable<AuditVerdict>
    {
        public AuditHead Head { get; }
        public bool IsIntact { get; }
        public long? BrokenAt { get; }
        public string? Problem { get; }
    }

    public static class AuditVerification
    {
        public static ValueTask<AuditVerdict> VerifyAsync(IAsyncEnumerable<AuditEntry> entries, AuditHead head, AuditHead? remembered, CancellationToken cancellationToken);
    }

    public sealed class BackScan
    {
        public BackScan();
        public bool IsDone { get; }
        public bool IsEarly { get; }
        public required IReadOnlyList<AddressKey> Keys { get; init; }
        public required long FromHeight { get; init; }
        public required long Id { get; init; }
        public required long ToHeight { get; init; }
    }

    public sealed class BackScanBatch
    {
        public BackScanBatch();
        public IReadOnlyList<CoverageRange> Coverage { get; init; }
        public IReadOnlyList<OutputSpent> Spends { get; init; }
        public bool Deliver { get; init; }
        public int Partition { get; init; }
        public required Chain Chain { get; init; }
        public required DateTimeOffset At { get; init; }
        public required IReadOnlyList<BlockHeader> Blocks { get; init; }
        public required IReadOnlyList<PaymentFound> Payments { get; init; }
        public required long BackScanId { get; init; }
        public required long Term { get; init; }
    }

    public sealed class BalanceOptions
    {
        public BalanceOptions();
        public TimeSpan Expiry { get; set; }
        public TimeSpan Timeout { get; set; }
        public int MaxEntries { get; set; }
    }

    public sealed class BalanceReport
    {
        public BalanceReport();
        public required IReadOnlyDictionary<string, BigInteger> Differences { get; init; }
        public required IReadOnlyList<LedgerAccount> Mismatches { get; init; }
        public required long Accounts { get; init; }
        public required long Mismatched { get; init; }
    }

    public static class BalanceVerification
    {
        public const int MostKept = 10000;
        public static Task<BalanceReport> RunAsync(IBalanceLedger ledger, CancellationToken cancellationToken);
    }

    public abstract class Block : IDisposable
    {
        protected Block();
        public abstract BlockHeader Header { get; }
        public abstract int Size { get; }
        public abstract string Endpoint { get; }
        protected virtual void Dispose(bool disposing);
        public abstract bool Match(AddressSet addresses, ITransferSink sink);
        public virtual void FindSpends(OutputSet outputs, ICollection<OutputSpent> spends);
        public void Dispose();
    }

    public sealed record class BlockCoverage : IEquatable<BlockCoverage>
    {
        public BlockCoverage();
        public bool IsRead { get; }
        public required IReadOnlyList<BlockReading> Readings { get; init; }
        public required WatchedAddress? Address { get; init; }
        public required bool IsPending { get; init; }
        public required long Height { get; init; }
        public bool ReadFor(BlockReading reading);
    }

    public sealed class BlockHeader
    {
        public BlockHeader();
        public DateTimeOffset Timestamp { get; init; }
        public required ChainPoint Point { get; init; }
        public required Hash256 ParentHash { get; init; }
    }

    public sealed class BlockMovements
    {
        public BlockMovements();
        public BigInteger Fees { get; init; }
        public BigInteger Sent { get; init; }
        public BigInteger Withdrawn { get; init; }
        public bool IsRewarded { get; init; }
    }

    public sealed record class BlockReading : IEquatable<BlockReading>
    {
        public const int BackScanPass = 0;
        public BlockReading();
        public DateTimeOffset? NotAfter { get; init; }
        public DateTimeOffset? NotBefore { get; init; }
        public required int Pass { get; init; }
        public required string Endpoint { get; init; }
    }

    public static class BlockTimes
    {
        public static TimeSpan Tolerance { get; }
        public static ValueTask<long> FindHeightAsync(IBlockReader reader, DateTimeOffset time, CancellationToken cancellationToken);
    }

    public sealed class Chain
    {
        public Chain();
        public IReadOnlyList<Asset> Assets { get; init; }
        public TimeSpan BlockTime { get; init; }
        public required ChainFormat Format { get; init; }
        public required string Kind { get; init; }
        public required string Name { get; init; }
        public override string ToString();
    }

    public sealed class ChainBalance
    {
        public ChainBalance();
        public required ChainPoint Point { get; init; }
        public required DateTimeOffset ReadAt { get; init; }
        public required IReadOnlyList<AssetBalance> Balances { get; init; }
        public required string Endpoint { get; init; }
    }

    public sealed class ChainBalances
    {
        public ValueTask<Answer<ChainBalance>> ReadAsync(string chain, string address, CancellationToken cancellationToken = default);
    }

    public delegate ChainRegistration ChainFactory(IServiceProvider services, string name, IConfigurationSection section);

    public abstract class ChainFormat
    {
        protected ChainFormat();
        public abstract int AddressKeyLength { get; }
        public virtual bool SharesBalances { get; }
        public virtual int OrdinalsPerOutput { get; }
        public OutputId? OutputOf(PaymentId payment);
        public abstract AddressKey ParseAddress(string text);
        public abstract string FormatAddress(in AddressKey key);
        public bool IsSameTaker(in AddressKey recorded, in AddressKey taker, string? tag);
        public virtual AddressKey BalanceOwnerOf(in AddressKey key);
        public virtual AddressKey? PartOf(in AddressKey owner, string? tag);
        public virtual Hash256 ParseHash(ReadOnlySpan<char> text);
        public virtual string FormatHash(in Hash256 hash);
    }

    public sealed class ChainHealth
    {
        public ChainHealth();
        public ChainStatus Status { get; }
        public FeedVerdict Verdict { get; init; }
        public required ChainRegistration Registration { get; init; }
        public required HealthState State { get; init; }
        public required bool Leading { get; init; }
        public string Name { get; }
        public string? NotReady { get; init; }
        public string? Reason { get; init; }
        public string? VerdictWord { get; }
    }

    public readonly record struct ChainMarks : IEquatable<ChainMarks>
    {
        public ChainMarks(long Head, long Safe, long Finalized);
        public long Finalized { get; init; }
        public long Head { get; init; }
        public long Safe { get; init; }
        public long this[ConfirmationMark mark] { get; }
    }

    public class ChainOptions
    {
        public ChainOptions();
        public IList<ConfirmationRuleOptions> ConfirmationRules { get; }
        public IList<EndpointOptions> Endpoints { get; }
        public IList<string> Addresses { get; }
        public IntegrityLevel Integrity { get; set; }
        public TimeSpan SecondPassDelay { get; set; }
        public TimeSpan? BlockTime { get; set; }
        public TimeSpan? EventTimeout { get; set; }
        public TimeSpan? PollInterval { get; set; }
        public bool ObserveOnly { get; set; }
        public bool SecondPass { get; set; }
        public int BatchSize { get; set; }
        public int Parallelism { get; set; }
        public int PrefetchBytes { get; set; }
        public int Quorum { get; set; }
        public int? FinalityDepth { get; set; }
        public string Confirmations { get; set; }
        public string StartAt { get; set; }
        public string? Kind { get; set; }
        protected virtual void Read(ConfigurationReader reader);
        protected virtual void Validate(string path, ConfigurationErrors errors);
        public ConfirmationPolicy CreateConfirmationPolicy(IReadOnlyList<Asset> assets, string path, ConfigurationErrors errors);
        public long? GetStartHeight();
        public static TOptions Load<TOptions>(IConfigurationSection section, Action<TOptions>? configure, ConfigurationErrors errors) where TOptions : ChainOptions, new();
    }

    public readonly record struct ChainPoint : IEquatable<ChainPoint>
    {
        public ChainPoint(long Height, Hash256 Hash);
        public Hash256 Hash { get; init; }
        public long Height { get; init; }
        public long Slot { get; init; }
        public override string ToString();
    }

    public sealed class ChainRebuild
    {
        public ChainRebuild(ChainRegistration registration, IWatchStore live, IWatchStore rebuilt, TimeProvider timeProvider, ILogger logger);
        public Action<RebuildProgress>? Progress { get; init; }
        public Task RunAsync(long fromHeight, CancellationToken cancellationToken);
    }

    public sealed class ChainRecovery
    {
        public ChainRecovery();
        public Action? PreferAnother { get; init; }
        public Action? Reconnect { get; init; }
        public Action? Resubscribe { get; init; }
        public Func<string, bool>? RotateKey { get; init; }
        public static ChainRecovery None { get; }
    }

    public sealed class ChainRegistration
    {
        public ChainRegistration();
        public ChainRecovery Recovery { get; init; }
        public FinalAnswers? FinalAnswers { get; init; }
        public Func<CancellationToken, ValueTask<Answer<IReadOnlyList<TokenMetadata>>>>? ReadTokens { get; init; }
        public Func<bool> BlocksOnDemand { get; init; }
        public IBlockReader? Reader { get; init; }
        public IChainStateReader? StateReader { get; init; }
        public IReadOnlyList<EndpointClient> Endpoints { get; init; }
        public PendingWatch? WatchPending { get; init; }
        public TimeSpan EventTimeout { get; }
        public long? StartHeight { get; init; }
        public required Chain Chain { get; init; }
        public required ChainOptions Options { get; init; }
        public required ChainStatus Status { get; init; }
        public required ConfirmationPolicy Confirmation { get; init; }
        public required Func<IChainSource> CreateSource { get; init; }
    }

    public sealed class ChainRegistry
    {
        public ChainRegistry(params IEnumerable<ChainRegistration> chains);
        public IReadOnlyList<ChainRegistration> Chains { get; }
        public ChainRegistration Get(string name);
        public bool TryGet(string name, out ChainRegistration? chain);
    }

    public sealed class ChainState
    {
        public ChainState();
        public required ChainPoint Point { get; init; }
        public required IReadOnlyList<AddressState> Addresses { get; init; }
        public required string Endpoint { get; init; }
    }

    public sealed class ChainStatus
    {
        public ChainStatus(Chain chain, TimeProvider timeProvider);
        public Chain Chain { get; }
        public ChainPoint? Cursor { get; }
        public ChainPoint? Head { get; }
        public IReadOnlyList<EndpointStanding> Endpoints { get; }
        public IReadOnlyList<TokenMetadata> Tokens { get; }
        public LeadershipStatus Leadership { get; }
        public ReconciliationStatus Reconciliation { get; }
        public TimeSpan TimeSinceLastCommit { get; }
        public TimeSpan TimeSinceLastEvent { get; }
        public TimeSpan? TimeSinceReconciliation { get; }
        public bool Connected { get; }
        public bool HadEvent { get; }
        public bool Leading { get; }
        public int Subscriptions { get; }
        public long Blocks { get; }
        public long FinalizedHeight { get; }
        public long Lag { get; }
        public long Payments { get; }
        public long Term { get; }
        public string? LastError { get; }
        public string? PushesLost { get; }
        public string? RecentError { get; }
        public void Committed(ChainPoint? cursor, long finalizedHeight, int blocks, int events);
        public void Disconnected(string error);
        public void Failed(string error);
        public void Led(bool leading, long term);
        public void PushAnnounced(long height);
        public void PushesEnded();
        public void PushesFailed(string reason);
        public void PushesInterrupted();
        public void PushesSubscribed();
        public void ReadEndpointsFrom(Func<IReadOnlyList<EndpointStanding>> read);
        public void SawHead(ChainPoint head);
        public void SawTokens(IReadOnlyList<TokenMetadata> tokens);
        public void Told(long height);
    }

    public sealed class ChainTip
    {
        public ChainTip();
        public ChainPoint? Finalized { get; init; }
        public ChainPoint? Safe { get; init; }
        public required ChainPoint Head { get; init; }
    }

    public abstract class ChainUpdate
    {
        public ChainTip Tip { get; }
    }

    public sealed class ChainWatchBuilder
    {
        public ChainWatchOptions Options { get; }
        public ConfigurationErrors Errors { get; }
        public IServiceCollection Services { get; }
        public ChainWatchBuilder AddChain(string name, ChainFactory factory);
        public ChainWatchBuilder AddKind(string kind, ChainFactory factory);
        public ChainWatchBuilder AddPaymentHandler<THandler>() where THandler : class, IPaymentHandler;
        public ChainWatchBuilder AddPendingPaymentHandler<THandler>() where THandler : class, IPendingPaymentHandler;
        public ChainWatchBuilder AddReconciliationHandler<THandler>() where THandler : class, IReconciliationHandler;
        public ChainWatchBuilder AddSection(string key, Action<IServiceProvider, IConfigurationSection> check);
    }

    public static class ChainWatchConfiguration
    {
        public const string Section = "ChainWatch";
        public static string ChainPath(string chain);
    }

    public sealed class ChainWatchConfigurationException : ChainWatchException
    {
        public ChainWatchConfigurationException(params IReadOnlyList<string> errors);
        public IReadOnlyList<string> Errors { get; }
    }

    public class ChainWatchException : Exception
    {
        public ChainWatchException(string message);
        public ChainWatchException(string message, Exception? innerException);
    }

    public static class ChainWatchExitCode
    {
        public const int BadConfiguration = 78;
        public const int InvariantViolated = 70;
        public const int RestartNeeded = 75;
        public const int Stopped = 0;
    }

    public sealed class ChainWatchHealth
    {
        public ChainWatchHealth(ChainRegistry chains, IWatchStore store, ChainWatchOptions options, TimeProvider timeProvider);
        public ChainRegistry Chains { get; }
        public bool Stopping { get; }
        public string? Ending { get; }
        public Task<ChainWatchHealthReport> ReadAsync(CancellationToken cancellationToken);
    }

    public sealed class ChainWatchHealthReport
    {
        public ChainWatchHealthReport();
        public HealthState State { get; }
        public bool IsReady { get; }
        public bool IsStandby { get; }
        public bool Stopping { get; init; }
        public required DateTimeOffset At { get; init; }
        public required IReadOnlyList<ChainHealth> Chains { get; init; }
        public required OutboxState? Outbox { get; init; }
        public required TimeSpan LongestDelivery { get; init; }
        public required double MinHealthyChainsRatio { get; init; }
        public required string? StoreError { get; init; }
        public string? DeliveryReason { get; }
        public int Count(HealthState state);
    }

    public static class ChainWatchHost
    {
        public static Task<int> RunAsync(Func<IHost> build, CancellationToken cancellationToken = default);
        public static Task<int> RunChainWatchAsync(this IHost host, CancellationToken cancellationToken = default);
    }

    public sealed class ChainWatchOptions
    {
        public ChainWatchOptions();
        public BalanceOptions Balances { get; }
        public DeliveryOptions Delivery { get; }
        public FailFastOptions FailFast { get; }
        public LeadershipOptions Leadership { get; }
        public ReadinessOptions Readiness { get; }
        public ReconciliationOptions Reconciliation { get; }
        public RetentionOptions Retention { get; }
        public string Instance { get; set; }
    }

    public static class ChainWatchTelemetry
    {
        public const string ActivitySourceName = "ChainWatch";
        public const string MeterName = "ChainWatch";
    }

    public sealed class CommitBatch
    {
        public CommitBatch();
        public ChainPoint? Finalized { get; init; }
        public ChainPoint? NewCursor { get; }
        public ChainPoint? RollBackTo { get; init; }
        public IReadOnlyList<OutputSpent> Spends { get; init; }
        public bool Deliver { get; init; }
        public int Partition { get; init; }
        public required Chain Chain { get; init; }
        public required ChainMarks Marks { get; init; }
        public required ChainPoint? Cursor { get; init; }
        public required DateTimeOffset At { get; init; }
        public required IReadOnlyList<BlockHeader> Blocks { get; init; }
        public required IReadOnlyList<CoverageRange> Coverage { get; init; }
        public required IReadOnlyList<PaymentFound> Payments { get; init; }
        public required long Term { get; init; }
        public required long WatchSequence { get; init; }
        public void ThrowIfNotLinked();
    }

    public enum CommitOutcome
    {
        Committed = 0,
        WatchlistMoved = 1,
        Fenced = 2,
        CursorMoved = 3,
    }

    public sealed class CommitResult
    {
        public CommitResult();
        public IReadOnlyList<PaymentEvent> Events { get; init; }
        public required CommitOutcome Outcome { get; init; }
        public static CommitResult CursorMoved { get; }
        public static CommitResult Fenced { get; }
        public static CommitResult WatchlistMoved { get; }
    }

    public sealed class ConfigurationErrors
    {
        public ConfigurationErrors();
        public IReadOnlyList<string> Messages { get; }
        public bool Any { get; }
        public void Add(ChainWatchConfigurationException exception);
        public void Add(string path, string? value, string rule);
        public void AddMessage(string message);
        public void AddMissing(string path, string rule);
        public void AddUrl(string path, string? url, string rule);
        public void ThrowIfAny();
    }

    public sealed class ConfigurationReader
    {
        public ConfigurationReader(IConfigurationSection section, ConfigurationErrors errors);
        public ConfigurationErrors Errors { get; }
        public bool HasKeys { get; }
        public string Path { get; }
        public ConfigurationReader ReadObject(string key);
        public IReadOnlyDictionary<string, int> ReadWholes(string key);
        public IReadOnlyList<ConfigurationReader> ReadItems(string key);
        public IReadOnlyList<string> ReadTexts(string key);
        public TimeSpan? ReadDuration(string key);
        public bool? ReadFlag(string key);
        public double? ReadNumber(string key);
        public int? ReadWhole(string key);
        public string PathOf(string key);
        public string? ReadText(string key);
        public void Close();
        public void Skip(string key);
    }

    public readonly struct Confirmation : IEquatable<Confirmation>
    {
        public ConfirmationMark Mark { get; }
        public int Depth { get; }
        public static Confirmation Finalized { get; }
        public static Confirmation Safe { get; }
        public bool Equals(Confirmation other);
        public long HeightFor(long blockHeight);
        public override bool Equals(object? obj);
        public override int GetHashCode();
        public override string ToString();
        public static Confirmation Blocks(int count);
        public static bool TryParse(string? text, out Confirmation confirmation);
        public static bool op_Equality(Confirmation left, Confirmation right);
        public static bool op_Inequality(Confirmation left, Confirmation right);
    }

    public enum ConfirmationMark
    {
        Head = 0,
        Safe = 1,
        Finalized = 2,
    }

    public sealed class ConfirmationPolicy
    {
        public ConfirmationPolicy(Confirmation otherwise, params IEnumerable<ConfirmationRule> rules);
        public Confirmation Otherwise { get; }
        public IReadOnlyList<ConfirmationRule> Rules { get; }
        public Confirmation For(Transfer transfer);
    }

    public sealed class ConfirmationRule
    {
        public ConfirmationRule();
        public BigInteger? UpTo { get; init; }
        public required Confirmation Confirmation { get; init; }
        public string? Asset { get; init; }
    }

    public sealed class ConfirmationRuleOptions
    {
        public ConfirmationRuleOptions();
        public string? Asset { get; set; }
        public string? Confirmations { get; set; }
        public string? UpTo { get; set; }
    }

    public static class CoverageMerge
    {
        public static IReadOnlyList<CoverageRange> Merge(IEnumerable<CoverageRange> ranges);
    }

    public readonly record struct CoverageRange : IEquatable<CoverageRange>
    {
        public CoverageRange(long FromHeight, long ToHeight, string Endpoint, int Pass);
        public int Pass { get; init; }
        public long FromHeight { get; init; }
        public long ToHeight { get; init; }
        public string Endpoint { get; init; }
    }

    public abstract class Delivery : IAsyncDisposable
    {
        protected Delivery();
        public abstract PaymentEvent Event { get; }
        public abstract int Attempt { get; }
        public abstract ValueTask AcknowledgeAsync(CancellationToken cancellationToken);
        public abstract ValueTask DisposeAsync();
        public abstract ValueTask ParkAsync(DateTimeOffset at, string error, CancellationToken cancellationToken);
        public abstract ValueTask RetryAsync(DateTimeOffset at, string error, CancellationToken cancellationToken);
        public abstract ValueTask<Delivery?> AcknowledgeAndTakeAsync(DateTimeOffset now, CancellationToken cancellationToken);
    }

    public sealed class DeliveryOptions
    {
        public DeliveryOptions();
        public TimeSpan DegradedAfter { get; set; }
        public TimeSpan DrainTimeout { get; set; }
        public TimeSpan FirstRetry { get; set; }
        public TimeSpan HandlerTimeout { get; set; }
        public TimeSpan MaxRetry { get; set; }
        public TimeSpan PollInterval { get; set; }
        public int MaxAttempts { get; set; }
        public int Parallelism { get; set; }
        public int Seed { get; set; }
    }

    public static class DigestComparison
    {
        public const int Parts = 16;
        public static IReadOnlyList<DigestRange> Divide(long fromHeight, long toHeight, int parts, IReadOnlyDictionary<long, PaymentDigest> digests);
        public static ValueTask<IReadOnlyList<DigestDifference>> FindAsync(IWatchStore left, IWatchStore right, Chain chain, long fromHeight, long toHeight, int limit, CancellationToken cancellationToken);
        public static long WidthOf(long fromHeight, long toHeight, int parts);
    }

    public readonly record struct DigestDifference : IEquatable<DigestDifference>
    {
        public DigestDifference(long Height, PaymentDigest Left, PaymentDigest Right);
        public PaymentDigest Left { get; init; }
        public PaymentDigest Right { get; init; }
        public long Height { get; init; }
    }

    public readonly record struct DigestRange : IEquatable<DigestRange>
    {
        public DigestRange(long FromHeight, long ToHeight, PaymentDigest Digest);
        public PaymentDigest Digest { get; init; }
        public long FromHeight { get; init; }
        public long ToHeight { get; init; }
    }

    public sealed record class Discrepancy : IEquatable<Discrepancy>
    {
        public Discrepancy();
        public BigInteger? OnChain { get; init; }
        public BigInteger? Recorded { get; init; }
        public RepairState Repair { get; init; }
        public bool IsAlarm { get; }
        public bool IsHarmless { get; }
        public long? Ordinal { get; init; }
        public required DiscrepancyKind Kind { get; init; }
        public required ReconciliationResult Result { get; init; }
        public required long FromHeight { get; init; }
        public required long ToHeight { get; init; }
        public required string Address { get; init; }
        public required string Details { get; init; }
        public string? Asset { get; init; }
        public string? TransactionId { get; init; }
    }

    public enum DiscrepancyKind
    {
        MissingPayment = 0,
        ExtraPayment = 1,
        ChangedPayment = 2,
        Orphaned = 3,
        MissedSpending = 4,
        WrongSpending = 5,
        InternalTransfer = 6,
        Unexplained = 7,
        Gas = 8,
        SpentByOwner = 9,
        Withdrawal = 10,
        Reward = 11,
        FeeOnTransfer = 12,
        RebasingToken = 13,
        NoOpeningBalance = 14,
        NotYetFinal = 15,
        NotReadable = 16,
    }

    public static class EndpointChoice
    {
        public static bool IsFree { get; }
        public static ValueTask<T?> AskAsync<T>(Func<string, bool> allows, Func<ValueTask<T?>> question, CancellationToken cancellationToken);
        public static bool Allows(string endpoint);
    }

    public sealed class EndpointClient : IDisposable
    {
        public EndpointClient(string chain, string name, EndpointOptions options, TimeProvider timeProvider, ILogger logger, IEndpointObserver? observer = null, EndpointTransport? transport = null, int seed = 0);
        public TimeSpan Paused { get; }
        public bool HasWebSocket { get; }
        public double? RateLimit { get; }
        public int MaxResponseBytes { get; }
        public int? UsableKeys { get; }
        public string Chain { get; }
        public string Name { get; }
        public ValueTask RunAsync(string method, Func<CancellationToken, ValueTask<EndpointError?>> exchange, CancellationToken cancellationToken);
        public ValueTask SendAsync(EndpointRequest request, CancellationToken cancellationToken);
        public ValueTask<WebSocket> ConnectWebSocketAsync(CancellationToken cancellationToken);
        public bool RotateKey();
        public string Redact(string text);
        public void Dispose();
        public void ReplaceKeys(IReadOnlyList<string> keys);
        public void ReportFetched(Block block, TimeSpan waited);
        public void ReportHead(long height);
        public void ReportObserved(string check, string message);
        public void ReportRefused(string check, string message);
        public void SlowDown();
    }

    public sealed class EndpointError
    {
        public EndpointError();
        public TimeSpan? RetryAfter { get; init; }
        public long? Code { get; init; }
        public long? SuggestedBlocks { get; init; }
        public required EndpointErrorKind Kind { get; init; }
        public required string Message { get; init; }
        public string? Check { get; init; }
        public override string ToString();
    }

    public enum EndpointErrorKind
    {
        Transient = 0,
        RateLimited = 1,
        QuotaExhausted = 2,
        AuthFailed = 3,
        RangeTooLarge = 4,
        MissingData = 5,
        NotYet = 6,
        Unsupported = 7,
        NotCanonical = 8,
        ClientBug = 9,
        SlowConsumer = 10,
    }

    public sealed class EndpointException : ChainWatchException
    {
        public EndpointException(EndpointError error, Exception? innerException = null);
        public EndpointException(EndpointErrorKind kind, string message);
        public EndpointError Error { get; }
        public EndpointErrorKind Kind { get; }
    }

    public sealed class EndpointKeyRotation
    {
        public bool Rotate(string chain, string endpoint);
    }

    public sealed class EndpointOptions
    {
        public EndpointOptions();
        public IDictionary<string, int> Units { get; }
        public IList<string> ApiKeys { get; }
        public TimeSpan MinSpacing { get; set; }
        public TimeSpan QuotaWindow { get; set; }
        public TimeSpan Timeout { get; set; }
        public bool LimitsPerKey { get; set; }
        public double? Quota { get; set; }
        public double? RequestsPerSecond { get; set; }
        public int MaxConcurrency { get; set; }
        public int MaxResponseBytes { get; set; }
        public int? Burst { get; set; }
        public string? CredentialsFile { get; set; }
        public string? Name { get; set; }
        public string? Url { get; set; }
        public string? WebSocketUrl { get; set; }
        public static void CheckUrl(string url, IReadOnlyList<string> schemes, string path, ConfigurationErrors errors);
    }

    public static class EndpointOptionsExtensions
    {
        public static void Add(this IList<EndpointOptions> endpoints, string url, string? webSocketUrl = null);
    }

    public sealed class EndpointPool<TEndpoint> where TEndpoint : class, IPooledEndpoint
    {
        public EndpointPool(IReadOnlyList<TEndpoint> endpoints, TimeProvider timeProvider, ILogger logger);
        public IEnumerable<TEndpoint> Endpoints { get; }
        public IReadOnlyList<EndpointStanding> ReadStandings();
        public ValueTask<Answer<ChainTip>> ReadTipAsync(Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read, CancellationToken cancellationToken);
        public ValueTask<Answer<T>> RunAsync<T>(Func<TEndpoint, CancellationToken, ValueTask<Answer<T>>> operation, CancellationToken cancellationToken) where T : class;
        public bool RotateKey(string endpoint);
        public void PreferAnother();
        public void Reconnect();
    }

    public enum EndpointPriority
    {
        Tip = 0,
        CatchUp = 1,
        Reconciliation = 2,
    }

    public sealed class EndpointPriorityScope : IDisposable
    {
        public static EndpointPriority Current { get; }
        public static EndpointPriorityScope Begin(EndpointPriority priority);
        public void Dispose();
    }

    public sealed class EndpointRefusedException : ChainWatchException
    {
        public EndpointRefusedException(string message);
    }

    public sealed class EndpointRequest
    {
        public EndpointRequest();
        public ReadOnlyMemory<byte> Body { get; init; }
        public required Func<EndpointResponse, EndpointError?> Read { get; init; }
        public required string Method { get; init; }
        public string Path { get; init; }
    }

    public sealed class EndpointResponse
    {
        public HttpStatusCode Status { get; }
        public ReadOnlyMemory<byte> Body { get; }
        public TimeSpan? RetryAfter { get; }
        public PooledBytes TakeBody();
    }

    public sealed class EndpointStanding
    {
        public EndpointStanding();
        public TimeSpan PausedFor { get; init; }
        public TimeSpan? Latency { get; init; }
        public TimeSpan? SinceHeadAdvanced { get; init; }
        public double? RateLimit { get; init; }
        public int? UsableKeys { get; init; }
        public long? Head { get; init; }
        public long? Lag { get; init; }
        public required bool Up { get; init; }
        public required int Rank { get; init; }
        public required string Name { get; init; }
        public string? Reason { get; init; }
        public string? ReasonKind { get; init; }
    }

    public sealed class EndpointTransport
    {
        public EndpointTransport();
        public Func<Uri, AuthenticationHeaderValue?, CancellationToken, Task<WebSocket>>? ConnectWebSocket { get; init; }
        public HttpMessageHandler? Handler { get; init; }
    }

    public sealed class FailFastOptions
    {
        public FailFastOptions();
        public Action<WatchdogCheck>? HealthChecked { get; set; }
        public Action<WatchdogCheck>? HealthFailed { get; set; }
        public Func<WatchdogCheck, bool>? Exiting { get; set; }
        public TimeSpan CheckInterval { get; set; }
        public TimeSpan CriticalTimeout { get; set; }
        public TimeSpan ExitTimeout { get; set; }
        public bool Enabled { get; set; }
    }

    public enum FeedVerdict
    {
        None = 0,
        StalledChain = 1,
        DeadFeed = 2,
        BusyConsumer = 3,
        StarvedProcess = 4,
    }

    public sealed class FinalAnswers
    {
        public FinalAnswers(long maxBytes, TimeSpan expiry, TimeProvider timeProvider);
        public long Bytes { get; }
        public long Kept { get; }
        public long Read { get; }
        public long Shared { get; }
        public void Forget(string? endpoint = null);
    }

    public sealed class FinalAnswersScope : IDisposable
    {
        public static bool IsOpen { get; }
        public static FinalAnswersScope Begin();
        public void Dispose();
    }

    public sealed class FinalityViolationException : InvariantViolationException
    {
        public FinalityViolationException(string message);
    }

    public sealed class FollowerOptions
    {
        public FollowerOptions();
        public int MaxBlocks { get; init; }
        public int MaxPayments { get; init; }
        public int WatchPage { get; init; }
        public long MaxBytes { get; init; }
    }

    public readonly struct Hash256 : IEquatable<Hash256>
    {
        public const int Length = 32;
        public Hash256(ReadOnlySpan<byte> bytes);
        public bool IsZero { get; }
        public bool Equals(Hash256 other);
        public override bool Equals(object? obj);
        public override int GetHashCode();
        public override string ToString();
        public static Hash256 Parse(ReadOnlySpan<char> text);
        public static bool TryParse(ReadOnlySpan<char> text, out Hash256 hash);
        public static bool op_Equality(Hash256 left, Hash256 right);
        public static bool op_Inequality(Hash256 left, Hash256 right);
        public void CopyTo(Span<byte> destination);
    }

    public enum HealthState
    {
        Healthy = 0,
        Degraded = 1,
        Failing = 2,
    }

    public interface IBalanceLedger
    {
        IAsyncEnumerable<LedgerAccount> ReadAccountsAsync(CancellationToken cancellationToken);
    }

    public interface IBlockReader
    {
        ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken);
        ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken);
        ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken);
        ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken);
        public virtual ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken);
        public virtual ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken);
        public virtual void Forget();
    }

    public interface IChainSource
    {
        IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, CancellationToken cancellationToken);
    }

    public interface IChainStateReader
    {
        int MaxAddresses { get; }
        ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken);
        public virtual ValueTask<Answer<BlockMovements>> ReadMovementsAsync(AddressKey address, Asset asset, ChainPoint block, CancellationToken cancellationToken);
    }

    public interface IEndpointObserver
    {
        public virtual void EndpointDemoted(string chain, string endpoint, string reasonKind);
        void AnswerRefused(string chain, string endpoint, string check);
        void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration);
    }

    public interface ILeaderElection
    {
        ValueTask<Leadership> AcquireAsync(LeadershipCandidate candidate, CancellationToken cancellationToken);
    }

    public interface IPaymentHandler
    {
        Task HandleAsync(PaymentContext context, CancellationToken cancellationToken);
    }

    public interface IPendingPaymentHandler
    {
        Task HandleAsync(PendingPaymentEvent pending, CancellationToken cancellationToken);
    }

    public interface IPooledEndpoint
    {
        EndpointClient Client { get; }
        ValueTask ConnectAsync(CancellationToken cancellationToken);
    }

    public interface IReconciliation
    {
        Task<IReadOnlyList<Discrepancy>> ReadDiscrepanciesAsync(string chain, long id, int limit, CancellationToken cancellationToken);
        Task<IReadOnlyList<ReconciliationRun>> ListAsync(string chain, int limit, CancellationToken cancellationToken);
        Task<ReconciliationRun?> FindAsync(string chain, long id, CancellationToken cancellationToken);
        Task<long> RequestAsync(string chain, ReconciliationRequest request, CancellationToken cancellationToken);
        Task<long> RequestSampleAsync(string chain, int sample, ReconciliationRequest request, int seed, CancellationToken cancellationToken);
    }

    public interface IReconciliationHandler
    {
        Task HandleAsync(ReconciliationReport report, CancellationToken cancellationToken);
    }

    public interface IReconciliationStore
    {
        ValueTask<ChainPoint?> FindPointAsync(Chain chain, long height, CancellationToken cancellationToken);
        ValueTask<IReadOnlyDictionary<PaymentId, Payment>?> FindPaymentsAsync(Chain chain, ChainPoint point, IReadOnlyList<PaymentId> ids, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<Discrepancy>> ReadDiscrepanciesAsync(Chain chain, long runId, int limit, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<IReadOnlyDictionary<string, BigInteger>>?> ReadSumsAsync(Chain chain, ChainPoint point, IReadOnlyList<RecordedRange> ranges, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<ReconciliationRun>> ReadRunsAsync(Chain chain, int limit, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<ReconciliationSubject>> ReadSubjectsAsync(Chain chain, ReconciliationRequest request, AddressKey? after, int limit, CancellationToken cancellationToken);
        ValueTask<ReconciliationRun?> ReadNextAsync(Chain chain, CancellationToken cancellationToken);
        ValueTask<ReconciliationRun?> ReadRunAsync(Chain chain, long id, CancellationToken cancellationToken);
        ValueTask<RecordedPayments?> ReadPaymentsAsync(Chain chain, ChainPoint point, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, bool withPoints, CancellationToken cancellationToken);
        ValueTask<bool> SaveAsync(Chain chain, long term, ReconciliationProgress progress, CancellationToken cancellationToken);
        ValueTask<long> CountSubjectsAsync(Chain chain, ReconciliationRequest request, CancellationToken cancellationToken);
        ValueTask<long> RequestAsync(Chain chain, ReconciliationRequest request, DateTimeOffset at, CancellationToken cancellationToken);
        ValueTask<long?> ReadFirstHeightAsync(Chain chain, CancellationToken cancellationToken);
        ValueTask<long?> RepairAsync(Chain chain, long term, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, string reason, CancellationToken cancellationToken);
    }

    public interface ITransferSink
    {
        void Add(Transfer transfer);
    }

    public interface IWatchStore
    {
        IAsyncEnumerable<AuditEntry> ReadAuditAsync(long afterId, CancellationToken cancellationToken);
        IAsyncEnumerable<WatchedAddress> ListAddressesAsync(Chain chain, CancellationToken cancellationToken);
        ValueTask AuditAsync(string action, string entity, string? details, CancellationToken cancellationToken);
        ValueTask InitializeAsync(CancellationToken cancellationToken);
        ValueTask RequestKeyRotationAsync(string chain, string endpoint, CancellationToken cancellationToken);
        ValueTask<AuditHead> ReadAuditHeadAsync(CancellationToken cancellationToken);
        ValueTask<BackScan?> ReadBackScanAsync(Chain chain, long id, CancellationToken cancellationToken);
        ValueTask<BlockCoverage> ReadBlockCoverageAsync(Chain chain, AddressKey key, long height, CancellationToken cancellationToken);
        ValueTask<ChainPoint?> ReadPointBelowAsync(Chain chain, int partition, long height, CancellationToken cancellationToken);
        ValueTask<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellationToken);
        ValueTask<CommitResult> CommitBackScanAsync(BackScanBatch batch, CancellationToken cancellationToken);
        ValueTask<CommitResult> CommitSecondPassAsync(SecondPassBatch batch, CancellationToken cancellationToken);
        ValueTask<CoverageRange?> ReadSecondPassAsync(Chain chain, int partition, CancellationToken cancellationToken);
        ValueTask<Delivery?> TakeDeliveryAsync(DateTimeOffset now, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<BackScan>> ReadBackScansAsync(Chain chain, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<CoverageRange>> ReadCoverageAsync(Chain chain, long fromHeight, long toHeight, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<DigestRange>> ReadDigestsAsync(Chain chain, long fromHeight, long toHeight, int parts, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<KeyRotationRequest>> ReadKeyRotationsAsync(long afterId, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<OutputId>> ReadOutputsAsync(Chain chain, long? spentAbove, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<ParkedDelivery>> ReadParkedAsync(int limit, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<Payment>> ReadPaymentsAsync(Chain chain, int limit, CancellationToken cancellationToken);
        ValueTask<IReadOnlyList<Payment>> ReadUnwatchedPaymentsAsync(Chain chain, long aboveHeight, CancellationToken cancellationToken);
        ValueTask<OutboxState> ReadOutboxAsync(CancellationToken cancellationToken);
        ValueTask<PruneResult> PruneAsync(PruneRequest request, CancellationToken cancellationToken);
        ValueTask<RegistrationResult> AddAddressesAsync(Chain chain, IReadOnlyList<WatchRegistration> registrations, DateTimeOffset at, CancellationToken cancellationToken);
        ValueTask<ScopeState> LoadAsync(Chain chain, int partition, CancellationToken cancellationToken);
        ValueTask<StoreSize> ReadSizeAsync(CancellationToken cancellationToken);
        ValueTask<WatchChanges> ReadWatchChangesAsync(Chain chain, long afterSequence, int limit, CancellationToken cancellationToken);
        ValueTask<WatchedAddress?> FindAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken);
        ValueTask<bool> RemoveAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken);
        ValueTask<bool> ReplayAsync(long sequence, CancellationToken cancellationToken);
        ValueTask<long> CountAddressesAsync(Chain chain, CancellationToken cancellationToken);
        ValueTask<long> RaiseTermAsync(string scope, string holder, CancellationToken cancellationToken);
    }

    public interface IWatchlist
    {
        IAsyncEnumerable<WatchedAddress> ListAsync(string chain, CancellationToken cancellationToken);
        Task<WatchedAddress?> FindAsync(string chain, string address, CancellationToken cancellationToken);
        Task<bool> AddAsync(string chain, string address, PaymentReference? reference, CancellationToken cancellationToken);
        Task<bool> AddAsync(string chain, string address, PaymentReference? reference, long since, CancellationToken cancellationToken);
        Task<bool> RemoveAsync(string chain, string address, CancellationToken cancellationToken);
        Task<int> AddAsync(string chain, IReadOnlyCollection<WatchRequest> requests, CancellationToken cancellationToken);
        Task<long> CountAsync(string chain, CancellationToken cancellationToken);
    }

    public sealed class Idle : ChainUpdate
    {
        public Idle(ChainTip tip);
    }

    public sealed class InMemoryWatchStore : IWatchStore
    {
        public InMemoryWatchStore(int maxEvents = 100000, TimeProvider? timeProvider = null);
        public IReconciliationStore Reconciliations { get; }
        public IAsyncEnumerable<AuditEntry> ReadAuditAsync(long afterId, CancellationToken cancellationToken);
        public IAsyncEnumerable<WatchedAddress> ListAddressesAsync(Chain chain, CancellationToken cancellationToken);
        public IReadOnlyList<CoverageRange> ReadCoverage(Chain chain);
        public IReadOnlyList<PaymentEvent> ReadEvents();
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

    public enum IntegrityLevel
    {
        Off = 0,
        Intrinsic = 1,
        Corroborated = 2,
    }

    public abstract class InvariantViolationException : ChainWatchException
    {
        protected InvariantViolationException(string message);
    }

    public readonly record struct JsonRpcCall : IEquatable<JsonRpcCall>
    {
        public JsonRpcCall(string Method, string Parameters);
        public bool IsFinal { get; init; }
        public string Method { get; init; }
        public string Parameters { get; init; }
    }

    public sealed class JsonRpcClient
    {
        public JsonRpcClient(EndpointClient endpoint, Func<JsonRpcFault, EndpointError> classify);
        public EndpointClient Endpoint { get; }
        public FinalAnswers? FinalAnswers { get; init; }
        public int BatchLimit { get; }
        public ValueTask<JsonRpcReplies> CallAsync(IReadOnlyList<JsonRpcCall> calls, CancellationToken cancellationToken);
        public ValueTask<JsonRpcReplies> CallAsync(string method, string parameters, CancellationToken cancellationToken);
    }

    public sealed class JsonRpcFault
    {
        public JsonRpcFault();
        public TimeSpan? RetryAfter { get; init; }
        public long? Code { get; init; }
        public required HttpStatusCode Status { get; init; }
        public required string Method { get; init; }
        public string Data { get; init; }
        public string Message { get; init; }
    }

    public sealed class JsonRpcReplies : IDisposable
    {
        public JsonRpcReply this[int index] { get; }
        public int Count { get; }
        public void Dispose();
    }

    public readonly struct JsonRpcReply
    {
        public EndpointError? Error { get; }
        public ReadOnlyMemory<byte> Result { get; }
        public bool IsNull { get; }
        public ReadOnlySpan<byte> Require();
    }

    [Obsolete("Types with embedded references are not supported in this version of your compiler.")]
    public ref struct JsonScanner
    {
        public JsonScanner(ReadOnlySpan<byte> json);
        public bool Failed { get; }
        public byte Current { get; }
        public int Position { get; }
        public ReadOnlySpan<byte> ReadText();
        public bool BeginArray();
        public bool BeginObject();
        public bool End();
        public bool NextItem(ref bool first);
        public bool NextProperty(JsonShape shape, ref int place, out int field);
        public bool PassOver();
        public bool ReadHex(Span<byte> destination);
        public bool Skip();
        public bool Skip(JsonShape shape, int place);
        public bool TryFalse();
        public bool TryNull();
        public bool TryReadHex(Span<byte> destination);
        public bool TryReadHexNumber(out ulong value);
        public bool TryRepeat(int from, int length);
        public void Fail();
    }

    public sealed class JsonShape
    {
        public JsonShape(params ReadOnlySpan<string> names);
    }

    public readonly record struct KeyRotationRequest : IEquatable<KeyRotationRequest>
    {
        public KeyRotationRequest(long Id, string Chain, string Endpoint);
        public long Id { get; init; }
        public string Chain { get; init; }
        public string Endpoint { get; init; }
    }

    public static class LeaderElectionExtensions
    {
        public static ValueTask<Leadership> AcquireAsync(this ILeaderElection election, string scope, CancellationToken cancellationToken);
    }

    public abstract class Leadership : IAsyncDisposable
    {
        protected Leadership();
        public abstract CancellationToken Lost { get; }
        public abstract long Term { get; }
        public abstract string Scope { get; }
        public virtual CancellationToken HandOver { get; }
        public virtual long StoreTerm { get; }
        public abstract ValueTask DisposeAsync();
    }

    public sealed class LeadershipCandidate
    {
        public LeadershipCandidate(string scope);
        public LeadershipHolder? DeniedBy { get; }
        public bool IsReady { get; set; }
        public string Scope { get; }
        public void Denied(LeadershipHolder holder);
        public void Granted();
    }

    public sealed record class LeadershipHolder : IEquatable<LeadershipHolder>
    {
        public LeadershipHolder();
        public DateTimeOffset? Since { get; init; }
        public int? SessionId { get; init; }
        public required string Name { get; init; }
        public string? Address { get; init; }
        public override string ToString();
        public static string NameOf(string instance);
    }

    public sealed class LeadershipLostException : ChainWatchException
    {
        public LeadershipLostException(string scope, long term);
    }

    public sealed class LeadershipOptions
    {
        public LeadershipOptions();
        public TimeSpan HandBackAfter { get; set; }
        public TimeSpan TimeToLive { get; set; }
        public bool ShareChains { get; set; }
    }

    public sealed record class LeadershipStatus : IEquatable<LeadershipStatus>
    {
        public LeadershipStatus();
        public DateTimeOffset? Since { get; init; }
        public LeadershipHolder? Holder { get; init; }
        public required bool IsLeading { get; init; }
        public required bool IsReady { get; init; }
        public required long Term { get; init; }
        public required string Scope { get; init; }
    }

    public readonly record struct LedgerAccount : IEquatable<LedgerAccount>
    {
        public LedgerAccount(string Account, string Asset, BigInteger? Stored, BigInteger Credits, BigInteger Debits);
        public BigInteger Computed { get; }
        public BigInteger Credits { get; init; }
        public BigInteger Debits { get; init; }
        public BigInteger Difference { get; }
        public BigInteger? Stored { get; init; }
        public bool Matches { get; }
        public string Account { get; init; }
        public string Asset { get; init; }
    }

    public readonly record struct OutboxState : IEquatable<OutboxState>
    {
        public OutboxState(long Pending, DateTimeOffset? OldestAt, long Parked);
        public DateTimeOffset? OldestAt { get; init; }
        public long Parked { get; init; }
        public long Pending { get; init; }
    }

    public readonly record struct OutputId : IEquatable<OutputId>
    {
        public OutputId(Hash256 TransactionId, long Index);
        public Hash256 TransactionId { get; init; }
        public long Index { get; init; }
    }

    public sealed class OutputSet
    {
        public OutputSet(params IEnumerable<OutputId> outputs);
        public int Count { get; }
        public bool Contains(OutputId output);
    }

    public readonly record struct OutputSpent : IEquatable<OutputSpent>
    {
        public OutputSpent(OutputId Output, Hash256 SpentBy, ChainPoint Block);
        public ChainPoint Block { get; init; }
        public Hash256 SpentBy { get; init; }
        public OutputId Output { get; init; }
    }

    public sealed class ParkedDelivery
    {
        public ParkedDelivery();
        public required DateTimeOffset ParkedAt { get; init; }
        public required PaymentEvent Event { get; init; }
        public required int Attempts { get; init; }
        public required string Error { get; init; }
    }

    public sealed record class Payment : IEquatable<Payment>
    {
        public Payment();
        public DateTimeOffset? ConfirmedAt { get; init; }
        public PaymentReference? Reference { get; init; }
        public Spending? Spent { get; init; }
        public required AddressKey To { get; init; }
        public required BigInteger Amount { get; init; }
        public required ChainPoint Block { get; init; }
        public required ConfirmationMark ConfirmationMark { get; init; }
        public required DateTimeOffset DetectedAt { get; init; }
        public required PaymentId Id { get; init; }
        public required PaymentStatus Status { get; init; }
        public required long ConfirmationHeight { get; init; }
        public required string Address { get; init; }
        public required string Asset { get; init; }
        public required string Chain { get; init; }
        public required string TransactionId { get; init; }
        public string? From { get; init; }
        public string? Tag { get; init; }
    }

    public sealed class PaymentChanges
    {
        public PaymentChanges();
        public required IReadOnlyList<Payment> Inserted { get; init; }
        public required IReadOnlyList<Payment> Updated { get; init; }
        public required IReadOnlyList<PaymentTransition> Transitions { get; init; }
        public (IReadOnlyList<AddressKey>, long)? FoundOutputs(ChainFormat format);
    }

    public sealed class PaymentContext
    {
        public PaymentContext(Delivery delivery);
        public Delivery Delivery { get; }
        public Payment Payment { get; }
        public PaymentEvent Event { get; }
        public PaymentEventKind Kind { get; }
        public int Attempt { get; }
        public string IdempotencyKey { get; }
    }

    public readonly record struct PaymentDigest : IEquatable<PaymentDigest>
    {
        public PaymentDigest(long Payments, long Confirmed, long Part0, long Part1, long Part2, long Part3);
        public long Confirmed { get; init; }
        public long Part0 { get; init; }
        public long Part1 { get; init; }
        public long Part2 { get; init; }
        public long Part3 { get; init; }
        public long Payments { get; init; }
        public static PaymentDigest Empty { get; }
        public override string ToString();
        public static PaymentDigest Add(PaymentDigest left, PaymentDigest right);
        public static PaymentDigest Of(Payment payment, ChainFormat format);
        public static PaymentDigest op_Addition(PaymentDigest left, PaymentDigest right);
    }

    public sealed class PaymentEvent
    {
        public PaymentEvent();
        public required DateTimeOffset OccurredAt { get; init; }
        public required Payment Payment { get; init; }
        public required PaymentEventKind Kind { get; init; }
        public required long Sequence { get; init; }
        public string? Cause { get; init; }
    }

    public enum PaymentEventKind
    {
        Detected = 0,
        Confirmed = 1,
        Moved = 2,
        Retracted = 3,
    }

    public sealed class PaymentFound
    {
        public PaymentFound();
        public required ChainPoint Block { get; init; }
        public required ConfirmationMark ConfirmationMark { get; init; }
        public required Transfer Transfer { get; init; }
        public required long ConfirmationHeight { get; init; }
    }

    public readonly record struct PaymentId : IEquatable<PaymentId>
    {
        public PaymentId(Hash256 TransactionId, long Ordinal);
        public Hash256 TransactionId { get; init; }
        public long Ordinal { get; init; }
    }

    public sealed record class PaymentReference : IEquatable<PaymentReference>
    {
        public string Id { get; }
        public string Type { get; }
        public override string ToString();
        public static PaymentReference For(string type, string id);
    }

    public enum PaymentStatus
    {
        Detected = 0,
        Confirmed = 1,
        Retracted = 2,
    }

    public sealed class PaymentTransition
    {
        public PaymentTransition(PaymentEventKind kind, Payment payment, string? cause = null);
        public Payment Payment { get; }
        public PaymentEventKind Kind { get; }
        public string? Cause { get; }
        public PaymentEvent ToEvent(long sequence, DateTimeOffset at);
    }

    public static class PaymentTransitions
    {
        public const string CauseChanged = "reorg: its transaction pays differently in the new branch";
        public const string CauseDropped = "reorg: its transaction is not in the new branch";
        public static Payment Create(Chain chain, PaymentFound found, PaymentId id, PaymentReference? reference, DateTimeOffset at);
        public static PaymentChanges Resolve(Chain chain, ChainPoint? rollBackTo, IReadOnlyList<PaymentFound> found, IEnumerable<Payment> existing, Func<AddressKey, PaymentReference?> references, DateTimeOffset at, IEnumerable<Payment>? told = null);
    }

    public sealed class PendingAddresses
    {
        public const int MostChanges = 100000;
        public PendingAddresses(Chain chain, IWatchStore store, Func<AddressSet> matched, ILogger logger);
        public ValueTask<IReadOnlyList<AddressKey>> UpdateAsync(CancellationToken cancellationToken);
        public bool Contains(ReadOnlySpan<byte> key);
    }

    public readonly record struct PendingChange : IEquatable<PendingChange>
    {
        public PendingChange(PendingPaymentEventKind Kind, Transfer Transfer, Hash256? DisplacedBy = null);
        public Hash256? DisplacedBy { get; init; }
        public PendingPaymentEventKind Kind { get; init; }
        public Transfer Transfer { get; init; }
    }

    public sealed class PendingPaymentEvent
    {
        public PendingPaymentEvent();
        public PaymentReference? Reference { get; init; }
        public required BigInteger Amount { get; init; }
        public required DateTimeOffset OccurredAt { get; init; }
        public required PaymentId Id { get; init; }
        public required PendingPaymentEventKind Kind { get; init; }
        public required string Address { get; init; }
        public required string Asset { get; init; }
        public required string Chain { get; init; }
        public required string TransactionId { get; init; }
        public string? DisplacedBy { get; init; }
    }

    public enum PendingPaymentEventKind
    {
        Pending = 0,
        Replaced = 1,
        Conflicted = 2,
        Evicted = 3,
    }

    public delegate Task PendingWatch(PendingAddresses watched, Func<PendingChange, CancellationToken, Task> tell, CancellationToken cancellationToken);

    public sealed class PolledChainSource : IChainSource
    {
        public PolledChainSource(Chain chain, IBlockReader reader, PolledSourceOptions options, ChainStatus status, TimeProvider timeProvider);
        public IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, CancellationToken cancellationToken);
    }

    public sealed class PolledSourceOptions
    {
        public PolledSourceOptions();
        public TimeSpan PollInterval { get; init; }
        public bool TrustMarks { get; init; }
        public int BatchSize { get; init; }
        public int FinalityDepth { get; init; }
        public int Parallelism { get; init; }
        public int Patience { get; init; }
        public int Seed { get; init; }
        public long PrefetchBytes { get; init; }
    }

    public sealed class PooledBytes : IDisposable
    {
        public ReadOnlyMemory<byte> Memory { get; }
        public int Length { get; }
        public static ValueTask<PooledBytes?> ReadAsync(Stream stream, long? sizeHint, int maxBytes, CancellationToken cancellationToken);
        public void Dispose();
    }

    public sealed record class PruneRequest : IEquatable<PruneRequest>
    {
        public PruneRequest();
        public DateTimeOffset? BlocksBefore { get; init; }
        public DateTimeOffset? CoverageBefore { get; init; }
        public DateTimeOffset? EventsBefore { get; init; }
        public DateTimeOffset? ReconciliationsBefore { get; init; }
        public bool DryRun { get; init; }
        public bool Finishes { get; init; }
        public int Limit { get; init; }
        public int Partition { get; init; }
        public long AfterEvent { get; init; }
        public required Chain Chain { get; init; }
        public required long BelowHeight { get; init; }
        public required long? Term { get; init; }
    }

    public sealed record class PruneResult : IEquatable<PruneResult>
    {
        public PruneResult();
        public bool HasMore { get; init; }
        public bool IsFenced { get; init; }
        public long Blocks { get; init; }
        public long Coverage { get; init; }
        public long Events { get; init; }
        public long EventsThrough { get; init; }
        public long Reconciliations { get; init; }
        public long Total { get; }
        public static PruneResult Fenced { get; }
        public PruneResult Then(PruneResult next);
    }

    public sealed class Pruning
    {
        public Pruning(ChainRegistration registration, IWatchStore store, RetentionOptions options, TimeProvider timeProvider);
        public Action<PruneResult>? Progress { get; init; }
        public PruneRequest ByAge(long? term, long floor);
        public ValueTask<PruneResult> RunAsync(long? term, CancellationToken cancellationToken);
        public ValueTask<long> FloorAsync(CancellationToken cancellationToken);
    }

    public sealed class ReadinessOptions
    {
        public ReadinessOptions();
        public TimeSpan DrainDelay { get; set; }
        public double MinHealthyChainsRatio { get; set; }
        public long MaxLagBlocks { get; set; }
    }

    public sealed record class RebuildComparison : IEquatable<RebuildComparison>
    {
        public RebuildComparison();
        public required IReadOnlyList<RebuildDifference> Differences { get; init; }
        public required long Differing { get; init; }
        public required long Extra { get; init; }
        public required long FromHeight { get; init; }
        public required long Payments { get; init; }
        public required long ToHeight { get; init; }
    }

    public sealed record class RebuildDifference : IEquatable<RebuildDifference>
    {
        public RebuildDifference();
        public Payment? Rebuilt { get; init; }
        public Payment? Recorded { get; init; }
        public string Kind { get; }
    }

    public readonly record struct RebuildProgress : IEquatable<RebuildProgress>
    {
        public RebuildProgress(long FromHeight, long Height, long ToHeight, double BlocksPerSecond, TimeSpan? Left, string? Trouble);
        public TimeSpan? Left { get; init; }
        public double BlocksPerSecond { get; init; }
        public double Done { get; }
        public long FromHeight { get; init; }
        public long Height { get; init; }
        public long ToHeight { get; init; }
        public string? Trouble { get; init; }
    }

    public sealed class ReconciledState
    {
        public ReconciledState();
        public long? Sent { get; init; }
        public required AddressKey Key { get; init; }
        public required ChainPoint Point { get; init; }
        public required IReadOnlyList<AssetBalance> Balances { get; init; }
        public required IReadOnlyList<AssetBalance> Recorded { get; init; }
    }

    public readonly record struct ReconciliationCounts : IEquatable<ReconciliationCounts>
    {
        public ReconciliationCounts(long Matched, long Mismatched, long Missing, long Extra, long Unknown);
        public long Extra { get; init; }
        public long Matched { get; init; }
        public long Mismatched { get; init; }
        public long Missing { get; init; }
        public long Total { get; }
        public long Unknown { get; init; }
        public ReconciliationCounts With(ReconciliationResult result);
    }

    public sealed class ReconciliationOptions
    {
        public ReconciliationOptions();
        public TimeOnly? DailyAt { get; set; }
        public TimeSpan? Every { get; set; }
        public bool Repair { get; set; }
        public int MaxBlocks { get; set; }
        public int MaxLookups { get; set; }
        public int? Sample { get; set; }
    }

    public sealed class ReconciliationProgress
    {
        public ReconciliationProgress();
        public IReadOnlyList<Discrepancy> Found { get; init; }
        public IReadOnlyList<ReconciledState> Reconciled { get; init; }
        public required ReconciliationRun Run { get; init; }
    }

    public sealed class ReconciliationReport
    {
        public ReconciliationReport();
        public required IReadOnlyList<Discrepancy> Discrepancies { get; init; }
        public required ReconciliationRun Run { get; init; }
    }

    public sealed record class ReconciliationRequest : IEquatable<ReconciliationRequest>
    {
        public const string ScheduledBy = "schedule";
        public ReconciliationRequest();
        public IReadOnlyList<AddressKey>? Addresses { get; init; }
        public bool ReadBlocks { get; init; }
        public bool Repair { get; init; }
        public long? FromHeight { get; init; }
        public long? ToHeight { get; init; }
        public string? RequestedBy { get; init; }
    }

    public enum ReconciliationResult
    {
        Matched = 0,
        Mismatched = 1,
        Missing = 2,
        Extra = 3,
        Unknown = 4,
    }

    public sealed record class ReconciliationRun : IEquatable<ReconciliationRun>
    {
        public ReconciliationRun();
        public AddressKey? Position { get; init; }
        public ChainPoint? Point { get; init; }
        public DateTimeOffset? EndedAt { get; init; }
        public DateTimeOffset? StartedAt { get; init; }
        public ReconciliationCounts Counts { get; init; }
        public long Addresses { get; init; }
        public required DateTimeOffset RequestedAt { get; init; }
        public required ReconciliationRequest Request { get; init; }
        public required ReconciliationState State { get; init; }
        public required long Id { get; init; }
        public required string Chain { get; init; }
    }

    public enum ReconciliationState
    {
        Queued = 0,
        Running = 1,
        Done = 2,
    }

    public sealed class ReconciliationStatus
    {
        public ReconciliationStatus();
        public IReadOnlyDictionary<DiscrepancyKind, long> Discrepancies { get; init; }
        public ReconciliationRun? Last { get; init; }
        public ReconciliationRun? Running { get; init; }
    }

    public sealed class ReconciliationSubject
    {
        public ReconciliationSubject();
        public ReconciledState? Last { get; init; }
        public bool IsBeingRead { get; init; }
        public long? FirstPayment { get; init; }
        public required WatchedAddress Address { get; init; }
    }

    public sealed class RecordedPayments
    {
        public RecordedPayments();
        public IReadOnlyDictionary<long, ChainPoint> Points { get; init; }
        public required IReadOnlyList<Payment> Payments { get; init; }
    }

    public readonly record struct RecordedRange : IEquatable<RecordedRange>
    {
        public RecordedRange(AddressKey Key, long FromHeight, long ToHeight);
        public AddressKey Key { get; init; }
        public long FromHeight { get; init; }
        public long ToHeight { get; init; }
    }

    public enum RedeliveryMode
    {
        Differences = 0,
        Nothing = 1,
        Everything = 2,
    }

    public sealed class RegistrationResult
    {
        public RegistrationResult();
        public IReadOnlyList<long> BackScanIds { get; init; }
        public required int Added { get; init; }
    }

    public enum RepairState
    {
        None = 0,
        Queued = 1,
        Repaired = 2,
        Operator = 3,
    }

    public sealed class RetentionOptions
    {
        public RetentionOptions();
        public RetentionPolicy Policy { get; set; }
        public TimeSpan Interval { get; set; }
        public TimeSpan? BlocksAfter { get; set; }
        public TimeSpan? CoverageAfter { get; set; }
        public TimeSpan? EventsAfter { get; set; }
        public TimeSpan? ReconciliationsAfter { get; set; }
        public int KeepBlocks { get; set; }
        public long? DiskTarget { get; set; }
        public long? DiskThreshold { get; set; }
        public string? DatabaseVolume { get; set; }
    }

    public enum RetentionPolicy
    {
        Disabled = 0,
        Normal = 1,
        Aggressive = 2,
        Custom = 3,
    }

    public sealed class RetryBackoff
    {
        public RetryBackoff(TimeSpan first, TimeSpan longest, int seed, double least = 0);
        public TimeSpan After(int failures);
        public TimeSpan Failed();
        public void Succeeded();
    }

    public sealed class RollBack : ChainUpdate
    {
        public RollBack(ChainPoint target, long replacementHeight, ChainTip tip);
        public ChainPoint Target { get; }
        public long ReplacementHeight { get; }
    }

    public sealed class RollForward : ChainUpdate
    {
        public RollForward(Block block, ChainTip tip);
        public Block Block { get; }
    }

    public sealed class ScopeState
    {
        public ScopeState();
        public ChainMarks Marks { get; init; }
        public ChainPoint? Cursor { get; }
        public ChainPoint? Finalized { get; init; }
        public long Term { get; init; }
        public required IReadOnlyList<ChainPoint> Known { get; init; }
        public static ScopeState Empty { get; }
    }

    public sealed class SecondPassBatch
    {
        public SecondPassBatch();
        public bool Deliver { get; init; }
        public int Partition { get; init; }
        public required Chain Chain { get; init; }
        public required DateTimeOffset At { get; init; }
        public required IReadOnlyList<BlockHeader> Blocks { get; init; }
        public required IReadOnlyList<PaymentFound> Payments { get; init; }
        public required long Term { get; init; }
        public required string Endpoint { get; init; }
    }

    public sealed class SingleInstanceElection : ILeaderElection
    {
        public SingleInstanceElection(IWatchStore store, string holder);
        public ValueTask<Leadership> AcquireAsync(LeadershipCandidate candidate, CancellationToken cancellationToken);
    }

    public sealed class SourceRequest
    {
        public SourceRequest();
        public ChainPoint? Finalized { get; init; }
        public Func<long, CancellationToken, ValueTask<ChainPoint?>>? PointBelow { get; init; }
        public long? EndHeight { get; init; }
        public long? StartHeight { get; init; }
        public required Func<AddressSet> Watched { get; init; }
        public required IReadOnlyList<ChainPoint> Known { get; init; }
    }

    public sealed record class Spending : IEquatable<Spending>
    {
        public Spending();
        public required ChainPoint Block { get; init; }
        public required string TransactionId { get; init; }
    }

    public readonly record struct StoreSize : IEquatable<StoreSize>
    {
        public StoreSize(long Allocated, long Used, long Database, long BytesPerBlock, long BytesPerEvent);
        public long Allocated { get; init; }
        public long BytesPerBlock { get; init; }
        public long BytesPerEvent { get; init; }
        public long Database { get; init; }
        public long Used { get; init; }
    }

    public sealed class StoreSpace
    {
        public StoreSpace(RetentionOptions options);
        public RetentionPolicy Policy { get; }
        public StoreSpaceReading? Last { get; }
        public long? Target { get; }
        public long? Threshold { get; }
        public string? Reason { get; }
    }

    public sealed record class StoreSpaceReading : IEquatable<StoreSpaceReading>
    {
        public StoreSpaceReading();
        public long? Free { get; init; }
        public required DateTimeOffset At { get; init; }
        public required StoreSize Size { get; init; }
    }

    public sealed class TokenMetadata
    {
        public TokenMetadata();
        public bool Contradicts { get; }
        public int? Decimals { get; init; }
        public required Asset Asset { get; init; }
        public string? Symbol { get; init; }
    }

    public sealed class Transfer
    {
        public Transfer();
        public int MaturityBlocks { get; init; }
        public required AddressKey To { get; init; }
        public required Asset Asset { get; init; }
        public required BigInteger Amount { get; init; }
        public required Hash256 TransactionId { get; init; }
        public required long Ordinal { get; init; }
        public string? From { get; init; }
        public string? Tag { get; init; }
    }

    public sealed class UnknownChainException : ChainWatchException
    {
        public UnknownChainException(string chain, IEnumerable<string> configured);
    }

    public sealed class UnspentOutput
    {
        public UnspentOutput();
        public long? Height { get; init; }
        public required Asset Asset { get; init; }
        public required BigInteger Amount { get; init; }
        public required Hash256 TransactionId { get; init; }
        public required long Ordinal { get; init; }
    }

    public sealed class WalletBalance
    {
        public WalletBalance();
        public required BigInteger Amount { get; init; }
        public required TimeSpan Age { get; init; }
        public required int Decimals { get; init; }
        public required string Asset { get; init; }
        public required string Chain { get; init; }
        public required string Wallet { get; init; }
    }

    public sealed class WalletBalances : IDisposable
    {
        public const int MaxBalances = 200;
        public IReadOnlyList<WalletBalance> Read();
        public bool Remove(string chain, string wallet, string asset);
        public void Dispose();
        public void Report(string chain, string wallet, string asset, BigInteger amount, int decimals);
    }

    public readonly record struct WatchChange : IEquatable<WatchChange>
    {
        public WatchChange(long Sequence, AddressKey Key, bool Removed);
        public AddressKey Key { get; init; }
        public bool Removed { get; init; }
        public long Sequence { get; init; }
    }

    public sealed class WatchChanges
    {
        public WatchChanges();
        public long Newest { get; init; }
        public required IReadOnlyList<WatchChange> Changes { get; init; }
        public required bool More { get; init; }
        public required long Sequence { get; init; }
    }

    public sealed class WatchConflictException : ChainWatchException
    {
        public WatchConflictException(string chain, string address, PaymentReference? existing, PaymentReference? requested);
    }

    public sealed class WatchRegistration
    {
        public WatchRegistration();
        public PaymentReference? Reference { get; init; }
        public long? Since { get; init; }
        public required AddressKey Key { get; init; }
        public required string Address { get; init; }
    }

    public sealed class WatchRequest
    {
        public WatchRequest();
        public PaymentReference? Reference { get; init; }
        public long? Since { get; init; }
        public required string Address { get; init; }
    }

    public static class WatchScope
    {
        public static string For(Chain chain, int partition);
    }

    public sealed class WatchdogCheck
    {
        public WatchdogCheck();
        public ChainHealth? Critical { get; init; }
        public TimeSpan CriticalFor { get; init; }
        public required DateTimeOffset At { get; init; }
        public required IReadOnlyList<ChainHealth> Chains { get; init; }
        public required IReadOnlyList<ChainHealth> Failing { get; init; }
    }

    public sealed class WatchedAddress
    {
        public WatchedAddress();
        public DateTimeOffset AddedAt { get; init; }
        public PaymentReference? Reference { get; init; }
        public long FromHeight { get; init; }
        public required AddressKey Key { get; init; }
        public required string Address { get; init; }
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class ChainWatchHealthChecksBuilderExtensions
    {
        public static IHealthChecksBuilder AddChainWatch(this IHealthChecksBuilder builder, string name = "chainwatch", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, TimeSpan? timeout = null);
    }

    public static class ChainWatchServiceCollectionExtensions
    {
        public static IServiceCollection AddChainWatch(this IServiceCollection services, Action<ChainWatchBuilder> configure);
    }
}
