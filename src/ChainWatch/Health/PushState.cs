namespace ChainWatch;

/// <summary>Whether a chain's pushes are there.</summary>
internal enum PushState
{
    /// <summary>None are wanted: the chain is polled.</summary>
    None,

    /// <summary>They are subscribed to, and expected.</summary>
    Subscribed,

    /// <summary>They are wanted but cannot be had: the chain is polled meanwhile.</summary>
    Lost,
}
