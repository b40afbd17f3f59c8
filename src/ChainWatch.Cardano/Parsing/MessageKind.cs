namespace ChainWatch.Cardano;

/// <summary>What a message of the server is.</summary>
internal enum MessageKind
{
    /// <summary>An answer with a result that is no step of the chain.</summary>
    Result,

    /// <summary>The next block.</summary>
    Forward,

    /// <summary>The chain continues from an earlier point.</summary>
    Backward,

    /// <summary>An answer with an error.</summary>
    Error,
}
