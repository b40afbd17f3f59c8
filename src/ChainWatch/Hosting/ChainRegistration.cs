namespace ChainWatch;

/// <summary>A chain with all that following it needs.</summary>
public sealed class ChainRegistration
{
    /// <summary>The chain.</summary>
    public required Chain Chain { get; init; }

    /// <summary>How it is doing in this process. The sources that <see cref="CreateSource"/> makes write it, together with the stations.</summary>
    public required ChainStatus Status { get; init; }

    /// <summary>Its options.</summary>
    public required ChainOptions Options { get; init; }

    /// <summary>When its payments are confirmed.</summary>
    public required ConfirmationPolicy Confirmation { get; init; }

    /// <summary>Where to begin on the first run: a height, or <see langword="null"/> for the head of the chain at that time.</summary>
    public long? StartHeight { get; init; }

    /// <summary>The silence that makes the chain failing: as configured, else thirty block times, between 30 seconds and 5 minutes.</summary>
    public TimeSpan EventTimeout =>
        Options.EventTimeout ?? TimeSpan.FromSeconds(Math.Clamp(30 * Chain.BlockTime.TotalSeconds, 30, 300));

    /// <summary>
    /// Creates a source. It is called for every leadership, and for every back-scan: a source keeps state, what it stands on (endpoints, connections) is shared.
    /// </summary>
    public required Func<IChainSource> CreateSource { get; init; }

    /// <summary>The clients of its endpoints, in the order of <see cref="ChainOptions.Endpoints"/>, so that their keys can be changed while the host runs.</summary>
    /// <value>The default is none: the keys are those of the start.</value>
    public IReadOnlyList<EndpointClient> Endpoints { get; init; } = [];

    /// <summary>
    /// Reads single blocks, through whichever endpoints <see cref="EndpointChoice"/> allows: for the second pass and the quorum. <see langword="null"/> where blocks come by a stream only; then
    /// the chain has neither.
    /// </summary>
    public IBlockReader? Reader { get; init; }

    /// <summary>What its endpoints answered about final blocks, where the family keeps that, for metrics; else <see langword="null"/>.</summary>
    public FinalAnswers? FinalAnswers { get; init; }

    /// <summary>Reads what the chain holds for addresses, for reconciliation; <see langword="null"/> where the family or its endpoints cannot tell.</summary>
    public IChainStateReader? StateReader { get; init; }

    /// <summary>
    /// Reads what the contracts of the chain's tokens say of themselves, one for each token, in any order; <see langword="null"/> where the chain has none that could be asked. It is asked once in
    /// each term, after its first commit.
    /// </summary>
    public Func<CancellationToken, ValueTask<Answer<IReadOnlyList<TokenMetadata>>>>? ReadTokens { get; init; }

    /// <summary>Watches transactions that wait to be mined, where the chain is configured to; else <see langword="null"/>.</summary>
    public PendingWatch? WatchPending { get; init; }

    /// <summary>
    /// Whether blocks are only made when somebody asks for one, so that silence on which all endpoints agree is nothing to worry about. It may become known only when the first
    /// endpoint has answered.
    /// </summary>
    /// <value>The default says so where <see cref="ChainOptions.BlockTime"/> is zero.</value>
    public Func<bool> BlocksOnDemand
    {
        get => field ?? (() => Options.BlockTime == TimeSpan.Zero);
        init;
    }

    /// <summary>What can be tried when the chain has fallen silent, short of a new source.</summary>
    /// <value>The default has nothing to try.</value>
    public ChainRecovery Recovery { get; init; } = ChainRecovery.None;
}
