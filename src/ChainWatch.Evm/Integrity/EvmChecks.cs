namespace ChainWatch.Evm;

/// <summary>
/// The integrity checks of a block that a chain may be exempted from, because it builds its blocks otherwise. All others cannot be turned off: a chain without them could not be read.
/// </summary>
[Flags]
public enum EvmChecks
{
    /// <summary>None is left out.</summary>
    None = 0,

    /// <summary>There is a receipt for every transaction of the block, in the same order, and none besides. A few chains add or hide the receipts of system transactions.</summary>
    ReceiptCount = 1,

    /// <summary>Logs are numbered through their block without a gap. A few chains number them by transaction, or wrongly.</summary>
    LogIndex = 2,

    /// <summary>The block's logs bloom is what its logs make. A few chains leave it zero, fill it later, or leak reverted logs into it.</summary>
    Bloom = 4,

    /// <summary>The header makes the block's hash; checked at level <see cref="IntegrityLevel.Corroborated"/>. Chains whose headers have other fields than Ethereum's fail it.</summary>
    HeaderHash = 8,

    /// <summary>
    /// Transactions and withdrawals make the roots that the header names, and each transaction the hash that it is known by; checked at level <see cref="IntegrityLevel.Corroborated"/>. Chains with
    /// transactions of types of their own fail it.
    /// </summary>
    TransactionsRoot = 16,

    /// <summary>The receipts make the root that the header names; checked at level <see cref="IntegrityLevel.Corroborated"/>. Chains with receipts of types of their own fail it.</summary>
    ReceiptsRoot = 32,
}
