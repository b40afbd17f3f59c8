namespace ChainWatch.Blockbook;

/// <summary>What kind of movement of value a block tells.</summary>
internal enum MovementKind : byte
{
    /// <summary>An output of a transaction: the coin itself, on either kind of chain.</summary>
    Output,

    /// <summary>A transfer of a fungible token.</summary>
    Token,

    /// <summary>A transfer of the coin inside a call.</summary>
    Internal,
}
