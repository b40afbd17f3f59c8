namespace ChainWatch;

/// <summary>A chain with all that following it needs.</summary>
public sealed class ChainRegistration
{
    /// <summary>The chain.</summary>
    public required Chain Chain { get; init; }

    /// <summary>Its options.</summary>
    public required ChainOptions Options { get; init; }

    /// <summary>When its payments are confirmed.</summary>
    public required ConfirmationPolicy Confirmation { get; init; }

    /// <summary>Where to begin on the first run: a height, or <see langword="null"/> for the head of the chain at that time.</summary>
    public long? StartHeight { get; init; }

    /// <summary>
    /// Creates a source. It is called for every leadership, and for every back-scan: a source keeps state, what it stands on (endpoints, connections) is shared.
    /// </summary>
    public required Func<IChainSource> CreateSource { get; init; }
}
