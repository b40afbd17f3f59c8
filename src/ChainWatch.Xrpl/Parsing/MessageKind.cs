namespace ChainWatch.Xrpl;

/// <summary>What a message of a server is.</summary>
internal enum MessageKind
{
    /// <summary>Something that nobody asked for and nobody needs.</summary>
    Other,

    /// <summary>An answer to a request.</summary>
    Response,

    /// <summary>A ledger was validated.</summary>
    LedgerClosed,
}
