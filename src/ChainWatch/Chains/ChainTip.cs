namespace ChainWatch;

/// <summary>What an endpoint says about the end of its chain: the head, and how far back it calls its blocks safe and final.</summary>
public sealed class ChainTip
{
    /// <summary>The newest block.</summary>
    public required ChainPoint Head { get; init; }

    /// <summary>The newest block that the chain itself calls safe; <see langword="null"/> where the chain or the node has no such mark.</summary>
    public ChainPoint? Safe { get; init; }

    /// <summary>The newest block that the chain itself calls final; <see langword="null"/> where the chain or the node has no such mark.</summary>
    public ChainPoint? Finalized { get; init; }
}
