namespace ChainWatch.Evm;

/// <summary>How an endpoint gives the receipts of a block, from the best way down.</summary>
internal enum ReceiptCalls
{
    /// <summary><c>eth_getBlockReceipts</c> with the block's hash.</summary>
    ByHash,

    /// <summary><c>eth_getBlockReceipts</c> with the block's hash in an object, as EIP-1898 has it.</summary>
    ByHashObject,

    /// <summary><c>eth_getTransactionReceipt</c> for each transaction.</summary>
    ByTransaction,
}
