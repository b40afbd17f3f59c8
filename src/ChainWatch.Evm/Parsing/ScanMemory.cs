namespace ChainWatch.Evm;

/// <summary>
/// What a thread keeps from answer to answer: how the objects in them are spelled, and what contracts and topics set in a bloom. No answer depends on it, only how fast it
/// is read.
/// </summary>
internal sealed class ScanMemory
{
    [ThreadStatic]
    private static ScanMemory? t_ofThisThread;

    private LogData _lastLog;

    public static ScanMemory OfThisThread => t_ofThisThread ??= new ScanMemory();

    public JsonShape Block { get; } = new("hash", "parentHash", "number", "timestamp", "logsBloom", "transactions", "withdrawals");

    public JsonShape Transaction { get; } = new("hash", "from", "to", "value", "nonce", "gas");

    public JsonShape Withdrawal { get; } = new("index", "address", "amount");

    public JsonShape Receipt { get; } = new("transactionHash", "blockHash", "transactionIndex", "status", "gasUsed", "contractAddress", "logs");

    public JsonShape Log { get; } = new("address", "topics", "data", "logIndex", "blockHash", "blockNumber", "transactionHash", "transactionIndex", "removed");

    /// <summary>The log that was read last.</summary>
    public ref LogData LastLog => ref _lastLog;

    public BloomFiller Blooms { get; } = new();
}
