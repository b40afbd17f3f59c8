namespace ChainWatch.Testing
{
    public sealed class DeterministicScheduler
    {
        public DeterministicScheduler(ManualTimeProvider time);
        public DeterministicScheduler(ManualTimeProvider time, long seed);
        public Action<long>? BeforeStep { get; set; }
        public ManualTimeProvider Time { get; }
        public SimulatedProcess MainProcess { get; }
        public bool AllowOtherThreads { get; set; }
        public int MaxSteps { get; set; }
        public int ReadyCount { get; }
        public long Steps { get; }
        public SimulatedProcess CreateProcess(string name);
        public T? Run<T>(Func<Task<T?>> work);
        public bool AdvanceToNextTimer();
        public bool RunUntil(Func<bool> condition, TimeSpan limit);
        public int RunSteps(int count);
        public void Advance(TimeSpan by);
        public void Run(Func<Task> work);
        public void RunUntilIdle();
        public void Start(Func<Task> work);
        public void Start(SimulatedProcess process, Func<Task> work);
    }

    public sealed class DeterministicSchedulerException : ChainWatchException
    {
        public DeterministicSchedulerException(string message);
    }

    public sealed class LogEntry
    {
        public LogEntry();
        public Exception? Exception { get; init; }
        public required EventId EventId { get; init; }
        public required IReadOnlyDictionary<string, object?> Values { get; init; }
        public required LogLevel Level { get; init; }
        public required string Category { get; init; }
        public required string Message { get; init; }
        public override string ToString();
    }

    public sealed class LogRecorder : ILoggerFactory, ILoggerProvider
    {
        public LogRecorder();
        public LogRecorder(LogLevel minimum, int capacity = 10000);
        public IReadOnlyList<LogEntry> Entries { get; }
        public ILogger CreateLogger(string categoryName);
        public IReadOnlyList<LogEntry> Of(string eventName);
        public void AddProvider(ILoggerProvider provider);
        public void Clear();
        public void Dispose();
    }

    public sealed class ManualTimeProvider : TimeProvider
    {
        public ManualTimeProvider();
        public ManualTimeProvider(DateTimeOffset start);
        public DateTimeOffset? NextTimerAt { get; }
        public int TimerCount { get; }
        public override TimeZoneInfo LocalTimeZone { get; }
        public override long TimestampFrequency { get; }
        public bool AdvanceToNextTimer();
        public override DateTimeOffset GetUtcNow();
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period);
        public override long GetTimestamp();
        public void Advance(TimeSpan by);
    }

    public sealed class MetricMeasurement
    {
        public MetricMeasurement();
        public required IReadOnlyDictionary<string, object?> Tags { get; init; }
        public required double Reading { get; init; }
        public required string Instrument { get; init; }
        public override string ToString();
    }

    public sealed class MetricRecorder : IDisposable
    {
        public MetricRecorder();
        public MetricRecorder(string meterName, object? scope = null, int capacity = 100000);
        public IReadOnlyList<MetricMeasurement> Measurements { get; }
        public IReadOnlyList<MetricMeasurement> Of(string instrument, params (string, object?)[] tags);
        public double Sum(string instrument, params (string, object?)[] tags);
        public double? Last(string instrument, params (string, object?)[] tags);
        public void Clear();
        public void Dispose();
        public void Observe();
    }

    public sealed class MinedBlock
    {
        public BlockHeader Header { get; }
        public ChainPoint Point { get; }
        public Hash256 Hash { get; }
        public IReadOnlyList<OutputSpent> Spends { get; }
        public IReadOnlyList<SimulatedTransaction> Transactions { get; }
        public MinedBlock? Parent { get; }
        public bool WasCanonical { get; }
        public long Height { get; }
        public MinedBlock? AncestorAt(long height);
        public bool BranchHolds(Hash256 transactionId);
        public bool DescendsFrom(MinedBlock other);
        public override string ToString();
    }

    public sealed class SeededRandom
    {
        public SeededRandom(long seed);
        public Hash256 NextHash();
        public T? Pick<T>(IReadOnlyList<T?> items);
        public bool Chance(double probability);
        public int Between(int from, int to);
        public int Next(int limit);
        public ulong NextBits();
        public void Shuffle<T>(IList<T?> items);
    }

    public sealed class SimulatedBlock : Block
    {
        public SimulatedBlock(MinedBlock block);
        public override BlockHeader Header { get; }
        public override int Size { get; }
        public override string Endpoint { get; }
        protected override void Dispose(bool disposing);
        public override bool Match(AddressSet addresses, ITransferSink sink);
        public override void FindSpends(OutputSet outputs, ICollection<OutputSpent> spends);
    }

    public sealed class SimulatedBlockReader : IBlockReader
    {
        public SimulatedBlockReader(SimulatedChain chain, SimulatedReaderOptions options, TimeProvider timeProvider);
        public SimulatedReaderOptions Options { get; }
        public int OutstandingBlocks { get; }
        public long Calls { get; }
        public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken);
        public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken);
        public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken);
        public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken);
        public ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken);
        public long Fired(SimulatedFault fault);
    }

    public sealed class SimulatedChain
    {
        public SimulatedChain(string name = "simulated", long seed = 1, TimeProvider? timeProvider = null, TimeSpan? blockTime = null, bool hasOutputs = false, bool hasTags = false);
        public Asset Coin { get; }
        public Asset Token { get; }
        public Chain Chain { get; }
        public IReadOnlyList<MinedBlock> Canonical { get; }
        public MinedBlock Genesis { get; }
        public MinedBlock Head { get; }
        public MinedBlock? Finalized { get; }
        public MinedBlock? Safe { get; }
        public long Version { get; }
        public IReadOnlyList<(MinedBlock, PaymentId, SimulatedTransfer)> TransfersTo(string address);
        public IReadOnlyList<MinedBlock> Orphans();
        public MinedBlock Attach(MinedBlock parent, params IReadOnlyList<SimulatedTransaction> transactions);
        public MinedBlock Mine(params IReadOnlyList<SimulatedTransaction> transactions);
        public MinedBlock Reorg(int depth, params IReadOnlyList<IReadOnlyList<SimulatedTransaction>> branch);
        public MinedBlock ReorgEmpty(int depth, int length);
        public MinedBlock ReorgSame(int depth, int extra = 1);
        public MinedBlock RollBack(int depth);
        public MinedBlock? At(long height);
        public MinedBlock? Find(Hash256 hash);
        public SimulatedTransaction Pay(params IReadOnlyList<SimulatedTransfer> transfers);
        public SimulatedTransaction Pay(string to, BigInteger amount, Asset? asset = null, string? tag = null);
        public SimulatedTransfer Transfer(in AddressKey to, BigInteger amount, Asset? asset = null, string? tag = null);
        public Task WaitForChangeAsync(long sinceVersion, CancellationToken cancellationToken);
        public bool IsCanonical(MinedBlock block);
        public void MarkFinalized(long height);
        public void MarkSafe(long height);
        public void MineEmpty(int count);
        public void SwitchTo(MinedBlock head);
    }

    public sealed class SimulatedChainOptions : ChainOptions
    {
        public SimulatedChainOptions();
        public SimulatedReaderOptions Reader { get; set; }
        protected override void Validate(string path, ConfigurationErrors errors);
    }

    public sealed class SimulatedEndpoint
    {
        public SimulatedEndpoint(string name, int lag = 0);
        public Func<SimulatedTransaction, bool>? Hides { get; set; }
        public MinedBlock? StuckOn { get; set; }
        public bool IsDown { get; set; }
        public int Lag { get; set; }
        public string Name { get; }
        public override string ToString();
    }

    public enum SimulatedFault
    {
        Lag = 0,
        Empty = 1,
        Null = 2,
        NotYet = 3,
        TornRange = 4,
        Reordered = 5,
        Duplicated = 6,
        WrongBlock = 7,
        Silent = 8,
        Slow = 9,
        TooManyRequests = 10,
        FlappingHead = 11,
        StaleBranch = 12,
        HugeBlock = 13,
        ShortRange = 14,
        UnknownHeader = 15,
        StrayMarks = 16,
        NoMarks = 17,
    }

    public sealed class SimulatedFormat : ChainFormat
    {
        public override bool SharesBalances { get; }
        public override int AddressKeyLength { get; }
        public override int OrdinalsPerOutput { get; }
        public static SimulatedFormat Instance { get; }
        public static SimulatedFormat WithOutputs { get; }
        public static SimulatedFormat WithTags { get; }
        public override AddressKey BalanceOwnerOf(in AddressKey key);
        public override AddressKey ParseAddress(string text);
        public override AddressKey? PartOf(in AddressKey owner, string? tag);
        public override string FormatAddress(in AddressKey key);
        public static AddressKey Key(string label);
        public static string Address(string label);
    }

    public sealed class SimulatedProcess : SynchronizationContext
    {
        public bool IsKilled { get; }
        public bool IsPaused { get; }
        public string Name { get; }
        public override SynchronizationContext CreateCopy();
        public override void Post(SendOrPostCallback d, object? state);
        public override void Send(SendOrPostCallback d, object? state);
        public void Kill();
        public void Pause();
        public void Resume();
    }

    public sealed class SimulatedReaderOptions
    {
        public SimulatedReaderOptions();
        public IReadOnlyList<SimulatedEndpoint> Endpoints { get; init; }
        public TimeSpan Latency { get; set; }
        public TimeSpan SlowUpTo { get; set; }
        public TimeSpan Timeout { get; set; }
        public bool Announces { get; init; }
        public bool FaultsEnabled { get; set; }
        public bool FetchesOnlyForWatched { get; init; }
        public bool HasMarks { get; init; }
        public double this[SimulatedFault fault] { get; set; }
        public int HugeBlockSize { get; set; }
        public int LagUpTo { get; set; }
        public int MaxRange { get; set; }
        public int StaleBranchUpTo { get; set; }
        public long Seed { get; init; }
        public void SetAll(double probability);
    }

    public static class SimulatedRegistration
    {
        public static ChainRegistration Create(SimulatedChain chain, IBlockReader reader, SimulatedChainOptions options, ConfirmationPolicy confirmation, ChainStatus status, TimeProvider timeProvider, Func<PolledSourceOptions, PolledSourceOptions>? adjust = null);
    }

    public sealed class SimulatedStateReader : IChainStateReader
    {
        public SimulatedStateReader(SimulatedChain chain);
        public Action? BeforeAnswer { get; set; }
        public bool KnowsOnlyNewest { get; set; }
        public bool TellsSent { get; set; }
        public int MaxAddresses { get; set; }
        public long Calls { get; }
        public long Keeps { get; set; }
        public ValueTask<Answer<BlockMovements>> ReadMovementsAsync(AddressKey address, Asset asset, ChainPoint block, CancellationToken cancellationToken);
        public ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken);
        public void Change(MinedBlock block, string address, BigInteger amount, Asset? asset = null, int transactions = 0, BlockMovements? moved = null);
    }

    public sealed class SimulatedTraffic
    {
        public SimulatedTraffic(SimulatedChain chain, SimulatedTrafficOptions options, TimeProvider timeProvider);
        public Action<string>? Happened { get; set; }
        public Task RunAsync(CancellationToken cancellationToken);
        public void Step();
    }

    public sealed class SimulatedTrafficOptions
    {
        public SimulatedTrafficOptions();
        public double Drops { get; init; }
        public double PaymentsPerBlock { get; init; }
        public double Reorgs { get; init; }
        public int Blocks { get; init; }
        public int FinalityDepth { get; init; }
        public int ReorgDepthUpTo { get; init; }
        public long Seed { get; init; }
        public required IReadOnlyList<string> Addresses { get; init; }
    }

    public sealed class SimulatedTransaction
    {
        public SimulatedTransaction(Hash256 id, params IReadOnlyList<SimulatedTransfer> transfers);
        public Hash256 Id { get; }
        public IReadOnlyList<OutputId> Spends { get; init; }
        public IReadOnlyList<SimulatedTransfer> Transfers { get; }
        public SimulatedTransaction With(params IReadOnlyList<SimulatedTransfer> transfers);
        public override string ToString();
    }

    public sealed record class SimulatedTransfer : IEquatable<SimulatedTransfer>
    {
        public SimulatedTransfer();
        public required AddressKey To { get; init; }
        public required Asset Asset { get; init; }
        public required BigInteger Amount { get; init; }
        public string? From { get; init; }
        public string? Tag { get; init; }
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class SimulatedChainWatchBuilderExtensions
    {
        public static ChainWatchBuilder AddSimulated(this ChainWatchBuilder watch, SimulatedChain chain, Action<SimulatedChainOptions>? configure = null);
    }
}
