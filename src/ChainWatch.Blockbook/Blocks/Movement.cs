namespace ChainWatch.Blockbook;

/// <summary>One movement of value, to whomever: where its parts stand in the bytes of its page.</summary>
internal struct Movement
{
    public TextSpan To;
    public TextSpan From;
    public TextSpan Amount;

    /// <summary>The contract of a token.</summary>
    public TextSpan Contract;

    /// <summary>The transaction's place in its block.</summary>
    public int Transaction;

    /// <summary>The movement's place among those of its kind in the transaction.</summary>
    public int Number;

    public MovementKind Kind;
}
