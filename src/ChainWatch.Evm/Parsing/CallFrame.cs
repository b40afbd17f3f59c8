namespace ChainWatch.Evm;

/// <summary>One call inside a transaction.</summary>
internal struct CallFrame
{
    public UInt256 Value;
    public EvmAddress From;
    public EvmAddress To;

    /// <summary>The place of the call that made this one; -1 for the transaction's own.</summary>
    public int Parent;

    public CallKind Kind;

    /// <summary>True when it failed: then nothing happened in it, nor in any call below it.</summary>
    public bool Void;
}
