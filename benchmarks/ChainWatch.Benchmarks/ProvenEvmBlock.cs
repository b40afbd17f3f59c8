using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChainWatch.Evm;

namespace ChainWatch.Benchmarks;

/// <summary>
/// A made-up block that proves itself: that of <see cref="EvmBlockJson"/>, with the hashes, roots and blooms that its content makes. They are made by the code that checks them; that this code is right is shown by
/// the tests that read recorded blocks.
/// </summary>
internal sealed class ProvenEvmBlock
{
    private ProvenEvmBlock(byte[] block, byte[] receipts, int logs)
    {
        Block = block;
        Receipts = receipts;
        Logs = logs;
    }

    public byte[] Block { get; }

    public byte[] Receipts { get; }

    public int Logs { get; }

    public static ProvenEvmBlock Create(EvmBlockJson made)
    {
        var block = JsonNode.Parse(made.Block)!.AsObject();
        var receipts = JsonNode.Parse(made.Receipts)!.AsArray();
        var transactions = block["transactions"]!.AsArray();
        for (var index = 0; index < transactions.Count; index++)
        {
            var transaction = transactions[index]!;
            var hash = HashOf(RlpOf(transaction, TransactionRlp.TryWrite));
            transaction["hash"] = hash;
            var receipt = receipts[index]!;
            receipt["transactionHash"] = hash;
            receipt["cumulativeGasUsed"] = string.Create(CultureInfo.InvariantCulture, $"0x{21_000 * (index + 1):x}");
            receipt["logsBloom"] = BloomOf(receipt["logs"]!.AsArray());
            foreach (var log in receipt["logs"]!.AsArray())
            {
                log!["transactionHash"] = hash;
            }
        }

        var nothing = RootOf([], TransactionRlp.TryWrite);
        block["sha3Uncles"] = HashOf([0xC0]);
        block["stateRoot"] = nothing;
        block["transactionsRoot"] = RootOf(transactions, TransactionRlp.TryWrite);
        block["receiptsRoot"] = RootOf(receipts, TransactionRlp.TryWriteReceipt);
        block["difficulty"] = "0x0";
        block["extraData"] = "0x6265617665726275696c642e6f7267";
        block["mixHash"] = nothing;
        block["nonce"] = "0x0000000000000000";
        block["baseFeePerGas"] = "0x3b9aca00";
        block["withdrawalsRoot"] = nothing;
        using (var header = JsonDocument.Parse(block.ToJsonString()))
        {
            Name("0x" + BlockProof.HeaderHash(header.RootElement, new RlpWriter()), block, transactions, receipts);
        }

        return new ProvenEvmBlock(JsonSerializer.SerializeToUtf8Bytes(block), JsonSerializer.SerializeToUtf8Bytes(receipts), made.Logs);
    }

    /// <summary>Writes the block's hash wherever it is named.</summary>
    private static void Name(string hash, JsonObject block, JsonArray transactions, JsonArray receipts)
    {
        block["hash"] = hash;
        foreach (var owner in transactions.Concat(receipts).Concat(receipts.SelectMany(static receipt => receipt!["logs"]!.AsArray())))
        {
            owner!["blockHash"] = hash;
        }
    }

    private static string BloomOf(JsonArray logs)
    {
        Bloom bloom = default;
        foreach (var text in logs.SelectMany(static log => log!["topics"]!.AsArray().Append(log["address"])))
        {
            bloom.Add(BloomBits.Of(Convert.FromHexString(((string)text!)[2..])));
        }

        return "0x" + Convert.ToHexStringLower(bloom);
    }

    private static string RootOf(JsonArray items, Func<RlpWriter, JsonElement, bool> write)
    {
        using OrderedTrie trie = new();
        foreach (var item in items)
        {
            trie.Add(RlpOf(item!, write));
        }

        return "0x" + trie.Root();
    }

    private static byte[] RlpOf(JsonNode item, Func<RlpWriter, JsonElement, bool> write)
    {
        using var document = JsonDocument.Parse(item.ToJsonString());
        RlpWriter rlp = new();
        return write(rlp, document.RootElement) ? rlp.Written.ToArray() : throw new InvalidOperationException("The made block has something of a type that is not Ethereum's.");
    }

    private static string HashOf(ReadOnlySpan<byte> rlp)
    {
        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        Keccak256.Hash(rlp, hash);
        return "0x" + Convert.ToHexStringLower(hash);
    }
}
