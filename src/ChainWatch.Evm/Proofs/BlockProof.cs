using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>
/// Recomputes from a block's own content what its hash commits to: the hash from the header, the roots from transactions, withdrawals and receipts. What passes is the block of that hash, whoever
/// served it. The fields of a header are those of Ethereum up to the Prague fork, in the order in which they were added.
/// </summary>
internal static class BlockProof
{
    private static readonly (string Name, bool IsQuantity)[] Fields =
    [
        ("parentHash", false), ("sha3Uncles", false), ("miner", false), ("stateRoot", false), ("transactionsRoot", false), ("receiptsRoot", false), ("logsBloom", false),
        ("difficulty", true), ("number", true), ("gasLimit", true), ("gasUsed", true), ("timestamp", true), ("extraData", false), ("mixHash", false), ("nonce", false),
    ];

    /// <summary>What forks added: London, Shanghai, Cancun (three), Prague. A header has all up to its fork's.</summary>
    private static readonly (string Name, bool IsQuantity)[] Later =
    [
        ("baseFeePerGas", true), ("withdrawalsRoot", false), ("blobGasUsed", true), ("excessBlobGas", true), ("parentBeaconBlockRoot", false), ("requestsHash", false),
    ];

    /// <summary>Checks header, transactions and withdrawals of a block's answer.</summary>
    /// <param name="json">The answer, with its transactions whole.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="skipped">Checks to leave out.</param>
    /// <returns>The root of the block's receipts, to be compared with what they make.</returns>
    public static Hash256 CheckBlock(ReadOnlySpan<byte> json, string endpoint, EvmChecks skipped)
    {
        using JsonDocument document = Parse(json);
        JsonElement block = document.RootElement;
        Hash256 hash = JsonRlp.ReadHash(block, "hash");
        RlpWriter rlp = new();
        if ((skipped & EvmChecks.HeaderHash) == EvmChecks.None && HeaderHash(block, rlp) is var computed && computed != hash)
        {
            AnswerCheck.Fail(endpoint, AnswerCheck.HeaderHash, $"the header of block 0x{hash} makes the hash 0x{computed}: a field of it is false. If this chain's headers are hashed otherwise, set SkippedChecks to HeaderHash");
        }

        if ((skipped & EvmChecks.TransactionsRoot) == EvmChecks.None)
        {
            CheckTransactions(block, hash, endpoint, rlp);
            if (JsonRlp.Has(block, "withdrawalsRoot"))
            {
                CheckWithdrawals(block, hash, endpoint, rlp);
            }
        }

        return JsonRlp.ReadHash(block, "receiptsRoot");
    }

    /// <summary>Checks the receipts of a block, in its order.</summary>
    public static void CheckReceipts(JsonRpcReplies receipts, in Hash256 root, ChainPoint point, string endpoint)
    {
        using OrderedTrie trie = new();
        RlpWriter rlp = new();
        for (int index = 0; index < receipts.Count; index++)
        {
            using JsonDocument document = JsonDocument.Parse(receipts[index].Result);
            Add(document.RootElement, trie, rlp, point, endpoint);
        }

        CheckReceipts(trie, root, point, endpoint);
    }

    /// <summary>Checks the receipts of a block, that came as a list.</summary>
    public static void CheckReceipts(ReadOnlySpan<byte> json, in Hash256 root, ChainPoint point, string endpoint)
    {
        using JsonDocument document = Parse(json);
        using OrderedTrie trie = new();
        RlpWriter rlp = new();
        foreach (JsonElement receipt in document.RootElement.EnumerateArray())
        {
            Add(receipt, trie, rlp, point, endpoint);
        }

        CheckReceipts(trie, root, point, endpoint);
    }

    /// <summary>The hash of a header.</summary>
    public static Hash256 HeaderHash(JsonElement block, RlpWriter rlp)
    {
        rlp.Clear();
        int list = rlp.BeginList();
        foreach ((string name, bool isQuantity) in Fields)
        {
            Write(rlp, block, name, isQuantity);
        }

        foreach ((string name, bool isQuantity) in Later)
        {
            if (!JsonRlp.Has(block, name))
            {
                break;
            }

            Write(rlp, block, name, isQuantity);
        }

        rlp.EndList(list);
        return Hash(rlp);
    }

    private static void Write(RlpWriter rlp, JsonElement block, string name, bool isQuantity)
    {
        if (isQuantity)
        {
            rlp.WriteQuantity(block, name);
        }
        else
        {
            rlp.WriteData(block, name);
        }
    }

    private static void CheckTransactions(JsonElement block, in Hash256 hash, string endpoint, RlpWriter rlp)
    {
        using OrderedTrie trie = new();
        int index = 0;
        foreach (JsonElement transaction in JsonRlp.NeedList(block, "transactions"))
        {
            rlp.Clear();
            if (!TransactionRlp.TryWrite(rlp, transaction))
            {
                AnswerCheck.Fail(
                    endpoint, AnswerCheck.TransactionsRoot,
                    $"transaction {index} of block 0x{hash} is of a type that is not Ethereum's, so its block cannot be proven. If this chain has such, set SkippedChecks to TransactionsRoot, ReceiptsRoot");
            }

            if (Hash(rlp) is var computed && computed != JsonRlp.ReadHash(transaction, "hash"))
            {
                AnswerCheck.Fail(endpoint, AnswerCheck.TransactionsRoot, $"transaction {index} of block 0x{hash} makes the hash 0x{computed}, not the one that it names: a field of it is false");
            }

            trie.Add(rlp.Written);
            index++;
        }

        Compare(trie, block, "transactionsRoot", hash, endpoint);
    }

    private static void CheckWithdrawals(JsonElement block, in Hash256 hash, string endpoint, RlpWriter rlp)
    {
        using OrderedTrie trie = new();
        foreach (JsonElement withdrawal in JsonRlp.NeedList(block, "withdrawals"))
        {
            rlp.Clear();
            int list = rlp.BeginList();
            rlp.WriteQuantity(withdrawal, "index");
            rlp.WriteQuantity(withdrawal, "validatorIndex");
            rlp.WriteData(withdrawal, "address");
            rlp.WriteQuantity(withdrawal, "amount");
            rlp.EndList(list);
            trie.Add(rlp.Written);
        }

        Compare(trie, block, "withdrawalsRoot", hash, endpoint);
    }

    private static void Compare(OrderedTrie trie, JsonElement block, string name, in Hash256 hash, string endpoint)
    {
        if (trie.Root() is var computed && computed != JsonRlp.ReadHash(block, name))
        {
            AnswerCheck.Fail(endpoint, AnswerCheck.TransactionsRoot, $"what block 0x{hash} holds makes the {name} 0x{computed}, not the one that its header names: something is missing or false");
        }
    }

    private static void Add(JsonElement receipt, OrderedTrie trie, RlpWriter rlp, ChainPoint point, string endpoint)
    {
        rlp.Clear();
        if (!TransactionRlp.TryWriteReceipt(rlp, receipt))
        {
            AnswerCheck.Fail(endpoint, AnswerCheck.ReceiptsRoot, $"a receipt of block {point} is of a type that is not Ethereum's. If this chain has such, set SkippedChecks to ReceiptsRoot");
        }

        trie.Add(rlp.Written);
    }

    private static void CheckReceipts(OrderedTrie trie, in Hash256 root, ChainPoint point, string endpoint)
    {
        if (trie.Root() is var computed && computed != root)
        {
            AnswerCheck.Fail(endpoint, AnswerCheck.ReceiptsRoot, $"the receipts of block {point} make the root 0x{computed}, not 0x{root}, which its header names: logs or outcomes are missing or false");
        }
    }

    private static Hash256 Hash(RlpWriter rlp)
    {
        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        Keccak256.Hash(rlp.Written, hash);
        return new Hash256(hash);
    }

    private static JsonDocument Parse(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        return JsonDocument.ParseValue(ref reader);
    }
}
