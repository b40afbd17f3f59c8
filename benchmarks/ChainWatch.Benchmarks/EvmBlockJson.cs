using System.Globalization;
using System.Text;
using System.Text.Json;
using ChainWatch.Evm;

namespace ChainWatch.Benchmarks;

/// <summary>
/// A made-up block with its receipts, in the form and with the fields that nodes answer: half of its transactions move ether, half call a token contract, whose receipts hold as
/// many transfers as are asked for. Every sender and receiver is another one, which is the hardest case for the check of the bloom.
/// </summary>
internal sealed class EvmBlockJson
{
    private const string TransferTopic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

    private EvmBlockJson(byte[] block, byte[] receipts, byte[] logsOnly, string token, IReadOnlyList<string> receivers, int logs)
    {
        LogsOnly = logsOnly;
        Logs = logs;
        Block = block;
        Receipts = receipts;
        Token = token;
        Receivers = receivers;
    }

    public byte[] Block { get; }

    public byte[] Receipts { get; }

    /// <summary>The answer to <c>eth_getLogs</c> for this block.</summary>
    public byte[] LogsOnly { get; }

    public int Logs { get; }

    public string Token { get; }

    public IReadOnlyList<string> Receivers { get; }

    public static EvmBlockJson Create(int transactions, int seed, int logsOfCall = 1, int accounts = 0)
    {
        var random = new Random(seed);
        var blockHash = Hex(random, 32);
        // The same token and accounts in every block.
        var token = Hex(new Random(77), 20);
        string Account() => accounts == 0 ? Hex(random, 20) : Hex(new Random(1000 + random.Next(accounts)), 20);
        var receivers = Enumerable.Range(0, transactions).Select(_ => Account()).ToList();
        var bodies = new StringBuilder();
        var receipts = new StringBuilder("[");
        var allLogs = new StringBuilder("[");
        var log = 0;
        for (var index = 0; index < transactions; index++)
        {
            var hash = Hex(random, 32);
            var from = Account();
            var isToken = index % 2 == 1;
            var comma = index == 0 ? "" : ",";
            var input = isToken ? "0xa9059cbb" + Word(receivers[index]) + Hex(random, 32)[2..] : "0x";
            bodies.Append(CultureInfo.InvariantCulture, $$"""
                {{comma}}{"blockHash":"{{blockHash}}","blockNumber":"0x1312d00","chainId":"0x1","from":"{{from}}","gas":"0x15f90","gasPrice":"0x3b9aca00","hash":"{{hash}}","input":"{{input}}","maxFeePerGas":"0x77359400","maxPriorityFeePerGas":"0x3b9aca00","nonce":"0x2a","r":"{{Hex(random, 32)}}","s":"{{Hex(random, 32)}}","to":"{{(isToken ? token : receivers[index])}}","transactionIndex":"0x{{index:x}}","type":"0x2","v":"0x1","value":"{{(isToken ? "0x0" : "0xde0b6b3a7640000")}}","accessList":[],"yParity":"0x1"}
                """);
            var logs = new StringBuilder();
            for (var position = 0; isToken && position < logsOfCall; position++)
            {
                var sender = position == 0 ? from : Account();
                var receiver = position == 0 ? receivers[index] : Account();
                logs.Append(
                    CultureInfo.InvariantCulture,
                    $$"""{{(position == 0 ? "" : ",")}}{"address":"{{token}}","topics":["{{TransferTopic}}","0x{{Word(sender)}}","0x{{Word(receiver)}}"],"data":"{{Hex(random, 32)}}","blockNumber":"0x1312d00","transactionHash":"{{hash}}","transactionIndex":"0x{{index:x}}","blockHash":"{{blockHash}}","logIndex":"0x{{log++:x}}","removed":false}""");
            }

            allLogs.Append(allLogs.Length > 1 && logs.Length > 0 ? "," : "").Append(logs);
            receipts.Append(CultureInfo.InvariantCulture, $$"""
                {{comma}}{"blockHash":"{{blockHash}}","blockNumber":"0x1312d00","contractAddress":null,"cumulativeGasUsed":"0x5208","effectiveGasPrice":"0x3b9aca00","from":"{{from}}","gasUsed":"0x5208","logs":[{{logs}}],"logsBloom":"0x{{new string('0', 512)}}","status":"0x1","to":"{{receivers[index]}}","transactionHash":"{{hash}}","transactionIndex":"0x{{index:x}}","type":"0x2"}
                """);
        }

        receipts.Append(']');
        string WithBloom(string bloom) =>
            $$"""{"hash":"{{blockHash}}","parentHash":"{{Hex(new Random(seed + 1), 32)}}","number":"0x1312d00","timestamp":"0x6553f100","logsBloom":"{{bloom}}","miner":"{{token}}","gasLimit":"0x1c9c380","gasUsed":"0xe4e1c0","transactions":[{{bodies}}],"withdrawals":[]}""";
        var receiptBytes = Encoding.UTF8.GetBytes(receipts.ToString());
        var bloom = BloomOf(Encoding.UTF8.GetBytes(WithBloom("0x" + new string('0', 512))), receiptBytes);
        return new EvmBlockJson(Encoding.UTF8.GetBytes(WithBloom(bloom)), receiptBytes, Encoding.UTF8.GetBytes(allLogs.Append(']').ToString()), token, receivers, log);
    }

    public static WatchPlan PlanFor(string token) => new(
        new Asset { Symbol = "ETH", Decimals = 18 },
        [(new EvmAddress(EvmFormat.Instance.ParseAddress(token).Bytes), new Asset { Symbol = "TST", Decimals = 6, Id = token })],
        internalTransfers: false,
        withdrawals: true);

    /// <summary>What a node would have written as the block's bloom.</summary>
    private static string BloomOf(byte[] json, byte[] receipts)
    {
        var plan = new WatchPlan(new Asset { Symbol = "ETH", Decimals = 18 }, [], internalTransfers: false, withdrawals: false);
        using var block = BlockParser.Read(json, "bench", plan);
        var reader = new Utf8JsonReader(receipts);
        reader.Read();
        Bloom bloom = default;
        long logs = 0;
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            ReceiptParser.ReadOne(ref reader, block, plan, EvmChecks.None, ref bloom, ref logs, index);
        }

        return "0x" + Convert.ToHexStringLower(bloom);
    }

    private static string Word(string address) => address[2..].PadLeft(64, '0');

    private static string Hex(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return "0x" + Convert.ToHexStringLower(bytes);
    }
}
