using System.Numerics;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>A made-up block, as a node would tell it.</summary>
public sealed class FakeBlock
{
    public required long Number { get; init; }

    public required string Hash { get; init; }

    public required string ParentHash { get; init; }

    public IReadOnlyList<FakeTransaction> Transactions { get; init; } = [];

    public IReadOnlyList<(long Index, string Address, long Gwei)> Withdrawals { get; init; } = [];

    public Hash256 Id => Hash256.Parse(Hash);

    public JsonObject ToJson(bool full)
    {
        JsonArray transactions = [];
        for (int i = 0; i < Transactions.Count; i++)
        {
            transactions.Add(full ? TransactionJson(i) : JsonValue.Create(Transactions[i].Hash));
        }

        JsonArray withdrawals = [];
        foreach ((long index, string address, long gwei) in Withdrawals)
        {
            withdrawals.Add(new JsonObject { ["index"] = Hex(index), ["validatorIndex"] = "0x7", ["address"] = address, ["amount"] = Hex(gwei) });
        }

        return new JsonObject
        {
            ["logsBloom"] = "0x" + Convert.ToHexStringLower(BloomBytes()),
            ["number"] = Hex(Number),
            ["hash"] = Hash,
            ["parentHash"] = ParentHash,
            ["receiptsRoot"] = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", // of no receipts
            ["timestamp"] = Hex(1_700_000_000 + (Number * 12)),
            ["transactions"] = transactions,
            ["withdrawals"] = withdrawals,
            ["uncles"] = new JsonArray(),
        };
    }

    public JsonArray ReceiptsJson()
    {
        JsonArray receipts = [];
        for (int i = 0; i < Transactions.Count; i++)
        {
            receipts.Add(ReceiptJson(i));
        }

        return receipts;
    }

    public JsonObject ReceiptJson(int index)
    {
        FakeTransaction transaction = Transactions[index];
        JsonArray logs = [];
        if (transaction.Succeeds)
        {
            int first = Transactions.Take(index).Where(static t => t.Succeeds).Sum(static t => t.Logs.Count);
            for (int i = 0; i < transaction.Logs.Count; i++)
            {
                logs.Add(LogJson(index, i, first + i));
            }
        }

        return new JsonObject
        {
            ["transactionHash"] = transaction.Hash,
            ["transactionIndex"] = Hex(index),
            ["blockHash"] = Hash,
            ["blockNumber"] = Hex(Number),
            ["from"] = transaction.From,
            ["to"] = transaction.To,
            ["contractAddress"] = transaction.Created,
            ["gasUsed"] = "0x5208",
            ["logs"] = logs,
            ["status"] = transaction.Succeeds ? "0x1" : "0x0",
        };
    }

    public IEnumerable<JsonObject> LogsJson()
    {
        int number = 0;
        for (int i = 0; i < Transactions.Count; i++)
        {
            for (int j = 0; Transactions[i].Succeeds && j < Transactions[i].Logs.Count; j++)
            {
                yield return LogJson(i, j, number++);
            }
        }
    }

    public JsonArray TracesJson()
    {
        JsonArray traces = [];
        foreach (FakeTransaction transaction in Transactions)
        {
            JsonObject trace = transaction.Trace?.DeepClone().AsObject() ?? new JsonObject
            {
                ["from"] = transaction.From,
                ["gas"] = "0x5208",
                ["to"] = transaction.To ?? transaction.Created,
                ["error"] = transaction.Succeeds ? null : "execution reverted",
                ["value"] = Hex(transaction.Value),
                ["type"] = transaction.To is null ? "CREATE" : "CALL",
            };
            traces.Add(new JsonObject { ["txHash"] = transaction.Hash, ["result"] = trace });
        }

        return traces;
    }

    public static string Hex(BigInteger value) => value.IsZero ? "0x0" : "0x" + value.ToString("x").TrimStart('0');

    internal byte[] BloomBytes()
    {
        Bloom bloom = default;
        foreach (FakeLog log in Transactions.Where(static t => t.Succeeds).SelectMany(static t => t.Logs))
        {
            bloom.Add(BloomBits.Of(Convert.FromHexString(log.Contract.AsSpan(2))));
            foreach (string topic in log.Topics)
            {
                bloom.Add(BloomBits.Of(Convert.FromHexString(topic.AsSpan(2))));
            }
        }

        return ((ReadOnlySpan<byte>)bloom).ToArray();
    }

    private JsonObject LogJson(int transaction, int position, int number)
    {
        FakeLog log = Transactions[transaction].Logs[position];
        return new JsonObject
        {
            ["address"] = log.Contract,
            ["topics"] = new JsonArray([.. log.Topics.Select(static topic => (JsonNode)JsonValue.Create(topic))]),
            ["data"] = log.Data,
            ["blockHash"] = Hash,
            ["blockNumber"] = Hex(Number),
            ["transactionHash"] = Transactions[transaction].Hash,
            ["transactionIndex"] = Hex(transaction),
            ["logIndex"] = Hex(number),
            ["removed"] = false,
        };
    }

    private JsonObject TransactionJson(int index)
    {
        FakeTransaction transaction = Transactions[index];
        return new JsonObject
        {
            ["blockHash"] = Hash,
            ["from"] = transaction.From,
            ["gas"] = "0x30d40",
            ["hash"] = transaction.Hash,
            ["input"] = "0x",
            ["nonce"] = Hex(transaction.Nonce),
            ["to"] = transaction.To,
            ["transactionIndex"] = Hex(index),
            ["value"] = Hex(transaction.Value),
            ["type"] = "0x2",
        };
    }
}
