namespace ChainWatch.Blockbook;

/// <summary>What became of a transaction.</summary>
internal enum TransactionStatus : byte
{
    /// <summary>It did what it says.</summary>
    Succeeded,

    /// <summary>It failed: nothing moved.</summary>
    Failed,

    /// <summary>It succeeded, but a call inside it failed. Blockbook lists what moved inside without saying which of it was undone.</summary>
    PartlyFailed,

    /// <summary>Nobody knows: it is from before receipts told (Ethereum before Byzantium).</summary>
    Unknown,
}
