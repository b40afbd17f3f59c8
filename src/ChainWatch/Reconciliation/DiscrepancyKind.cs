namespace ChainWatch;

/// <summary>What a difference between the records and the chain is, as far as it can be explained.</summary>
public enum DiscrepancyKind
{
    /// <summary>A block holds a payment that is not recorded, or is recorded as retracted.</summary>
    MissingPayment,

    /// <summary>A payment is recorded that its block does not hold.</summary>
    ExtraPayment,

    /// <summary>A payment is recorded otherwise than its block holds it: another amount, asset, address, tag or block.</summary>
    ChangedPayment,

    /// <summary>A payment is recorded in a block that is not the canonical one at its height.</summary>
    Orphaned,

    /// <summary>An output that is recorded as unspent is spent on the chain.</summary>
    MissedSpending,

    /// <summary>An output that is recorded as spent is unspent on the chain.</summary>
    WrongSpending,

    /// <summary>Value came in by a contract's doing, without a transaction to the address: only traces tell of it, and the chain is not configured to read them, or its endpoints have none.</summary>
    InternalTransfer,

    /// <summary>The balance differs, and nothing that could be read says why.</summary>
    Unexplained,

    /// <summary>Explained: the owner's transactions cost fees and moved nothing of the asset.</summary>
    Gas,

    /// <summary>Explained: the owner spent it.</summary>
    SpentByOwner,

    /// <summary>Explained: the chain's consensus layer paid it out, and the chain is configured not to count that as a payment.</summary>
    Withdrawal,

    /// <summary>Explained: the address produced the block.</summary>
    Reward,

    /// <summary>Explained: less arrived than the token's transfer says.</summary>
    FeeOnTransfer,

    /// <summary>Explained: the token changes balances without transfers.</summary>
    RebasingToken,

    /// <summary>Unknown: what the address held before it was watched could not be read, so nothing can be said before the next time.</summary>
    NoOpeningBalance,

    /// <summary>Unknown: blocks are still to be read for the address, or the chain replaced the point each time that it was read at.</summary>
    NotYetFinal,

    /// <summary>Unknown: no endpoint told the chain's state.</summary>
    NotReadable,
}
