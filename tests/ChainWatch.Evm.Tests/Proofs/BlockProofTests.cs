using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>What a block's hash commits to, recomputed from recorded answers of geth: the truth passes, and no changed field does.</summary>
public sealed class BlockProofTests
{
    private const int TransactionsRoot = 4;
    private const int WithdrawalsRoot = 16;

    [Fact]
    public void The_root_of_every_list_of_a_recorded_chain_is_the_one_that_its_header_names()
    {
        byte[] chain = File.ReadAllBytes(Path.Combine(VectorFiles.Folder("execution-apis-tests"), "chain.rlp"));
        int blocks = 0;
        int transactions = 0;
        for (int at = 0; at < chain.Length;)
        {
            RlpItem block = RlpItem.Read(chain.AsSpan(at), out int length);
            at += length;
            RlpItem header = block.Items[0];
            // A typed transaction stands in the block as a string that holds it, one of the first kind as the list that it is.
            RootOf(block.Items[1].Items.Select(static one => one.IsList ? one.Encoded : one.Data)).ShouldBe(new Hash256(header.Items[TransactionsRoot].Data));
            if (block.Items.Count > 3)
            {
                RootOf(block.Items[3].Items.Select(static one => one.Encoded)).ShouldBe(new Hash256(header.Items[WithdrawalsRoot].Data));
            }

            blocks++;
            transactions += block.Items[1].Items.Count;
        }

        blocks.ShouldBeGreaterThan(40);
        transactions.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void The_hash_of_every_recorded_header_is_that_of_its_fields()
    {
        int headers = 0;
        foreach (byte[] json in VectorFiles.ResultsIfThere("execution-apis-tests", "eth_getBlockBy"))
        {
            using JsonDocument block = JsonDocument.Parse(json);
            BlockProof.HeaderHash(block.RootElement, new RlpWriter()).ToString().ShouldBe(block.RootElement.GetProperty("hash").GetString()![2..]);
            headers++;
        }

        Assert.SkipWhen(headers == 0, "The recorded answers are not there; CHAINWATCH_VECTORS names the folder that holds them.");
        headers.ShouldBeGreaterThanOrEqualTo(5);
    }

    [Theory]
    [InlineData("eth_getBlockByHash/get-block-by-hash.io", "eth_getBlockReceipts/get-block-receipts-by-hash.io")]
    [InlineData("eth_getBlockByNumber/get-latest.io", "eth_getBlockReceipts/get-block-receipts-latest.io")]
    public void A_recorded_block_is_proven_by_its_transactions_and_receipts(string blockFile, string receiptsFile)
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        byte[] block = VectorFiles.Result(folder, blockFile);
        byte[] receipts = VectorFiles.Result(folder, receiptsFile);

        Hash256 root = BlockProof.CheckBlock(block, "geth", EvmChecks.None);
        BlockProof.CheckReceipts(receipts, root, default, "geth");
    }

    [Fact]
    public void Transactions_of_every_kind_make_the_hash_that_they_are_known_by()
    {
        HashSet<string> kinds = [];
        string folder = VectorFiles.Folder("execution-apis-tests");
        foreach (string path in Directory.GetFiles(folder, "*.io", SearchOption.AllDirectories).Where(static path => path.Contains("eth_getTransactionBy", StringComparison.Ordinal)))
        {
            using JsonDocument result = JsonDocument.Parse(VectorFiles.Result(folder, path));
            if (result.RootElement.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            RlpWriter rlp = new();
            TransactionRlp.TryWrite(rlp, result.RootElement).ShouldBeTrue(path);
            byte[] hash = new byte[32];
            Keccak256.Hash(rlp.Written, hash);
            Convert.ToHexStringLower(hash).ShouldBe(result.RootElement.GetProperty("hash").GetString()![2..], path);
            kinds.Add(result.RootElement.GetProperty("type").GetString()!);
        }

        kinds.Order(StringComparer.Ordinal).ShouldBe(["0x0", "0x1", "0x2", "0x3", "0x4"]);
    }

    [Theory]
    [InlineData("number", "0x9", AnswerCheck.HeaderHash)]
    [InlineData("parentHash", "0x00000000000000000000000000000000000000000000000000000000000000aa", AnswerCheck.HeaderHash)]
    [InlineData("receiptsRoot", "0x00000000000000000000000000000000000000000000000000000000000000aa", AnswerCheck.HeaderHash)]
    [InlineData("transactions/0/value", "0x1234", AnswerCheck.TransactionsRoot)]
    [InlineData("transactions/0/to", "0x00000000000000000000000000000000000000aa", AnswerCheck.TransactionsRoot)]
    [InlineData("transactions/1/hash", "0x00000000000000000000000000000000000000000000000000000000000000aa", AnswerCheck.TransactionsRoot)]
    [InlineData("transactions/3", null, AnswerCheck.TransactionsRoot)]
    public void A_block_of_which_anything_was_changed_is_not_proven(string where, string? value, string check)
    {
        byte[] block = VectorFiles.Result(VectorFiles.Folder("execution-apis-tests"), "eth_getBlockByNumber/get-latest.io");
        Refused(() => BlockProof.CheckBlock(Changed(block, where, value), "geth", EvmChecks.None)).ShouldBe(check);
    }

    [Theory]
    [InlineData("0/status", "0x0")]
    [InlineData("0/cumulativeGasUsed", "0x1")]
    [InlineData("3", null)]
    [InlineData("1/logs/0/data", "0x00000000000000000000000000000000000000000000000000000000000000aa")]
    [InlineData("1/logs/0/address", "0x00000000000000000000000000000000000000aa")]
    public void Receipts_of_which_anything_was_changed_are_not_proven(string where, string? value)
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        Hash256 root = BlockProof.CheckBlock(VectorFiles.Result(folder, "eth_getBlockByNumber/get-latest.io"), "geth", EvmChecks.None);
        byte[] receipts = VectorFiles.Result(folder, "eth_getBlockReceipts/get-block-receipts-latest.io");
        if (where.Contains("logs", StringComparison.Ordinal))
        {
            JsonArray all = JsonNode.Parse(receipts)!.AsArray();
            int with = all.Select(static (receipt, index) => (receipt, index)).First(static one => one.receipt!["logs"]!.AsArray().Count > 0).index;
            where = $"{with}{where[1..]}";
        }

        Refused(() => BlockProof.CheckReceipts(Changed(receipts, where, value), root, default, "geth")).ShouldBe(AnswerCheck.ReceiptsRoot);
    }

    [Theory]
    [InlineData(EvmChecks.HeaderHash, "number", "0x9")]
    [InlineData(EvmChecks.TransactionsRoot, "transactions/0/value", "0x1234")]
    public void A_proof_that_the_chain_is_exempt_from_is_not_made(EvmChecks skipped, string where, string value)
    {
        byte[] block = VectorFiles.Result(VectorFiles.Folder("execution-apis-tests"), "eth_getBlockByNumber/get-latest.io");
        BlockProof.CheckBlock(Changed(block, where, value), "geth", skipped);
    }

    [Fact]
    public void A_transaction_of_an_unknown_kind_cannot_be_proven_and_the_message_says_what_to_do()
    {
        byte[] block = VectorFiles.Result(VectorFiles.Folder("execution-apis-tests"), "eth_getBlockByNumber/get-latest.io");
        Should.Throw<EndpointException>(() => BlockProof.CheckBlock(Changed(block, "transactions/0/type", "0x7e"), "geth", EvmChecks.None)).Message.ShouldContain("SkippedChecks");
    }

    [Fact]
    public void A_trie_of_nothing_has_the_root_that_every_empty_block_names() =>
        RootOf([]).ToString().ShouldBe("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

    /// <summary>Keys of one, two, three and four bytes, and items that stand in their parents as they are as well as by their hashes. The roots were made by another implementation.</summary>
    [Theory]
    [InlineData(1, "7da536f7df63a0dfb481590e53be0e3063d9b798925cc3d479a3eb3155d0b394")]
    [InlineData(127, "12b65d928880d2c617cd288cdc41c5c68240f95af83d147894d99e1ec331cd2d")]
    [InlineData(129, "10b12087f35c659b8dc307265f1bb5f1132997ce5b42707b822757b25ae1c228")]
    [InlineData(300, "275e344129962133c41570e3c32be226e9cbf6aecb545ab3c826f54add088f80")]
    [InlineData(70_000, "ebb2a87a696647395c2c71118df2f9c41f293a5b99001d5a1e4763886b3ca4d0")]
    public void A_trie_of_many_items_has_the_root_that_another_implementation_makes(int count, string root) =>
        RootOf(Enumerable.Range(0, count).Select(static index => Enumerable.Repeat((byte)index, 1 + (index % 50)).ToArray())).ToString().ShouldBe(root);

    [Theory]
    [InlineData("\\u0030x", "a digit that is escaped")]
    [InlineData("0X", "a large x")]
    public void A_block_is_proven_in_any_legal_spelling(string prefix, string why)
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        byte[] block = Spelled(VectorFiles.Result(folder, "eth_getBlockByNumber/get-latest.io"));
        byte[] receipts = Spelled(VectorFiles.Result(folder, "eth_getBlockReceipts/get-block-receipts-latest.io"));

        Hash256 root = BlockProof.CheckBlock(block, why, EvmChecks.None);
        BlockProof.CheckReceipts(receipts, root, default, why);

        byte[] Spelled(byte[] json) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace("\"0x", "\"" + prefix, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("transactions/0/value", "0xg")]
    [InlineData("transactions/0/value", "12")]
    [InlineData("transactions/0/value", "")]
    [InlineData("transactions/0/input", "0x0g")]
    [InlineData("transactions/0/input", "0x012g45")]
    [InlineData("transactions/0/hash", "0x12")]
    [InlineData("transactions/0", "0x00000000000000000000000000000000000000000000000000000000000000aa")]
    [InlineData("transactions", "0x")]
    public void What_is_not_of_the_form_of_a_block_is_refused_as_that(string where, string value)
    {
        byte[] block = VectorFiles.Result(VectorFiles.Folder("execution-apis-tests"), "eth_getBlockByNumber/get-latest.io");
        Should.Throw<AnswerFormatException>(() => BlockProof.CheckBlock(Changed(block, where, value), "geth", EvmChecks.HeaderHash));
    }

    private static string Refused(Action check) => Should.Throw<EndpointException>(check).Error.Check.ShouldNotBeNull();

    private static Hash256 RootOf(IEnumerable<byte[]> items)
    {
        using OrderedTrie trie = new();
        foreach (byte[] item in items)
        {
            trie.Add(item);
        }

        return trie.Root();
    }

    private static byte[] Changed(byte[] json, string path, string? value)
    {
        JsonNode root = JsonNode.Parse(json)!;
        JsonNode owner = root;
        string[] steps = path.Split('/');
        foreach (string step in steps[..^1])
        {
            owner = (owner is JsonArray list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : owner[step])!;
        }

        if (owner is JsonArray items)
        {
            int index = int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture);
            if (value is null)
            {
                items.RemoveAt(index);
            }
            else
            {
                items[index] = value;
            }
        }
        else
        {
            owner[steps[^1]] = value;
        }

        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }
}
