using ChainWatch.Evm;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>What a node answers about one prototype's blocks, ready but for the hashes.</summary>
internal sealed class BlockPages
{
    private readonly ChainShape _shape;
    private readonly string _bloom;

    public BlockPages(ChainShape shape, int number)
    {
        _shape = shape;
        var prototype = BlockPrototype.Create(shape, number);
        Prototype = prototype;
        LogsOf = [.. prototype.Logs];
        Bloom bloom = default;
        foreach (var log in LogsOf)
        {
            AddTo(ref bloom, log);
        }

        _bloom = $"\"0x{Convert.ToHexStringLower(bloom)}\"";
        Hashes = JsonTemplate.Create(shape, page => Block(page, bodies: false));
        Bodies = JsonTemplate.Create(shape, page => Block(page, bodies: true));
        Logs = [.. LogsOf.Select(log => JsonTemplate.Create(shape, page => Log(page, log)))];
        Receipts = [.. Enumerable.Range(0, prototype.Transactions.Count).Select(index => JsonTemplate.Create(shape, page => Receipt(page, index)))];
    }

    public BlockPrototype Prototype { get; }

    public MadeLog[] LogsOf { get; }

    public JsonTemplate Hashes { get; }

    public JsonTemplate Bodies { get; }

    public JsonTemplate[] Logs { get; }

    public JsonTemplate[] Receipts { get; }

    private static void AddTo(ref Bloom bloom, MadeLog log)
    {
        bloom.Add(BloomBits.Of(log.Contract));
        foreach (var topic in log.Topics)
        {
            bloom.Add(BloomBits.Of(topic));
        }
    }

    private void Block(JsonTemplate page, bool bodies) => page.Object(
        ("hash", static p => p.Hole(JsonHoleKind.BlockHash)),
        ("parentHash", static p => p.Hole(JsonHoleKind.ParentHash)),
        ("sha3Uncles", static p => p.Hex(new byte[32])),
        ("miner", p => p.Hex(_shape.Address(40_000_000))),
        ("stateRoot", static p => p.Hole(JsonHoleKind.BlockHash)),
        ("transactionsRoot", static p => p.Hole(JsonHoleKind.ParentHash)),
        ("receiptsRoot", static p => p.Hole(JsonHoleKind.BlockHash)),
        ("logsBloom", p => p.Raw(_bloom)),
        ("difficulty", static p => p.Number(0)),
        ("number", static p => p.Hole(JsonHoleKind.Height)),
        ("gasLimit", static p => p.Number(30_000_000)),
        ("gasUsed", static p => p.Number(15_000_000)),
        ("timestamp", static p => p.Hole(JsonHoleKind.Time)),
        ("extraData", static p => p.Raw("\"0x\"")),
        ("mixHash", static p => p.Hole(JsonHoleKind.ParentHash)),
        ("nonce", static p => p.Raw("\"0x0000000000000000\"")),
        ("baseFeePerGas", static p => p.Number(7_000_000_000)),
        ("size", static p => p.Number(70_000)),
        ("uncles", static p => p.Raw("[]")),
        ("transactions", p => p.Array(Enumerable.Range(0, Prototype.Transactions.Count), (q, index) =>
        {
            if (bodies)
            {
                Transaction(q, index);
            }
            else
            {
                q.Hole(JsonHoleKind.TransactionHash, index);
            }
        })),
        ("withdrawals", static p => p.Raw("[]")));

    private void Transaction(JsonTemplate page, int index)
    {
        var transaction = Prototype.Transactions[index];
        page.Object(
            ("blockHash", static p => p.Hole(JsonHoleKind.BlockHash)),
            ("blockNumber", static p => p.Hole(JsonHoleKind.Height)),
            ("from", p => p.Hex(transaction.From)),
            ("gas", static p => p.Number(250_000)),
            ("gasPrice", static p => p.Number(8_000_000_000)),
            ("maxFeePerGas", static p => p.Number(9_000_000_000)),
            ("maxPriorityFeePerGas", static p => p.Number(1_000_000_000)),
            ("hash", p => p.Hole(JsonHoleKind.TransactionHash, index)),
            ("input", p => p.Hex(transaction.Input)),
            ("nonce", p => p.Number(transaction.Nonce)),
            ("to", p => p.Hex(transaction.To)),
            ("transactionIndex", p => p.Number(index)),
            ("value", p => p.Number(transaction.Value)),
            ("type", static p => p.Number(2)),
            ("accessList", static p => p.Raw("[]")),
            ("chainId", static p => p.Number(1)),
            ("v", static p => p.Number(1)),
            ("yParity", static p => p.Number(1)),
            ("r", p => p.Hex(transaction.Signature[..32])),
            ("s", p => p.Hex(transaction.Signature[32..])));
    }

    private void Receipt(JsonTemplate page, int index)
    {
        var transaction = Prototype.Transactions[index];
        Bloom bloom = default;
        foreach (var log in transaction.Logs)
        {
            AddTo(ref bloom, log);
        }

        page.Object(
            ("blockHash", static p => p.Hole(JsonHoleKind.BlockHash)),
            ("blockNumber", static p => p.Hole(JsonHoleKind.Height)),
            ("contractAddress", static p => p.Raw("null")),
            ("cumulativeGasUsed", p => p.Number(100_000L * (index + 1))),
            ("effectiveGasPrice", static p => p.Number(8_000_000_000)),
            ("from", p => p.Hex(transaction.From)),
            ("gasUsed", static p => p.Number(100_000)),
            ("logs", p => p.Array(transaction.Logs, Log)),
            ("logsBloom", p => p.Raw($"\"0x{Convert.ToHexStringLower(bloom)}\"")),
            ("status", static p => p.Number(1)),
            ("to", p => p.Hex(transaction.To)),
            ("transactionHash", p => p.Hole(JsonHoleKind.TransactionHash, index)),
            ("transactionIndex", p => p.Number(index)),
            ("type", static p => p.Number(2)));
    }

    private static void Log(JsonTemplate page, MadeLog log) => page.Object(
        ("address", p => p.Hex(log.Contract)),
        ("topics", p => p.Array(log.Topics, static (q, topic) => q.Hex(topic))),
        ("data", p => p.Hex(log.Data)),
        ("blockNumber", static p => p.Hole(JsonHoleKind.Height)),
        ("transactionHash", p => p.Hole(JsonHoleKind.TransactionHash, log.Transaction)),
        ("transactionIndex", p => p.Number(log.Transaction)),
        ("blockHash", static p => p.Hole(JsonHoleKind.BlockHash)),
        ("logIndex", p => p.Number(log.Index)),
        ("removed", static p => p.Raw("false")));
}
