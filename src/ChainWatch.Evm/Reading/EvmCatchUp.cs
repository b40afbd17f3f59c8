namespace ChainWatch.Evm;

/// <summary>How blocks are read that lie so far back that they do not change any more.</summary>
public enum EvmCatchUp
{
    /// <summary>By ranges of logs, and receipts only of transactions that touch a watched address: few calls. Blooms that can tell are checked against the logs.</summary>
    Logs,

    /// <summary>Block by block with all receipts, as at the tip: many more calls, and every block is proven whole.</summary>
    Receipts,
}
