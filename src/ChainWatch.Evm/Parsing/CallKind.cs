namespace ChainWatch.Evm;

/// <summary>What a call does with value.</summary>
internal enum CallKind
{
    /// <summary>It moves none, whatever value it names: delegated, static and code calls.</summary>
    MovesNothing,

    /// <summary>It moves its value to whom it calls.</summary>
    Call,

    /// <summary>It moves its value to the contract that it creates.</summary>
    Create,

    /// <summary>It moves all that a contract has to its beneficiary.</summary>
    SelfDestruct,
}
