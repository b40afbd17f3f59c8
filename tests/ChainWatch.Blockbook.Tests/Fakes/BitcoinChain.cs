using System.Text.Json.Nodes;
using ChainWatch.Bitcoin.Tests;

namespace ChainWatch.Blockbook.Tests;

/// <summary>A made-up chain of Bitcoin's kind, whose blocks have raw bytes and right hashes.</summary>
internal sealed class BitcoinChain : IServedChain
{
    private readonly Dictionary<string, List<string>> _paid = new(StringComparer.Ordinal);
    private readonly ScriptFormat _format = new(Coin.Find("bitcoin-regtest")!);
    private int _salt;

    public BitcoinChain(int blocks = 5)
    {
        Add([]);
        for (int i = 0; i < blocks; i++)
        {
            Mine();
        }
    }

    string IServedChain.Coin => "bitcoin-regtest";

    public List<ServedBlock> Blocks { get; } = [];

    public string Bob => Address(7);

    public IEnumerable<string> Payments => Blocks.SelectMany(block => _paid[block.Hash]);

    public string Address(byte who) => _format.FormatAddress(new AddressKey([0, 20, .. Enumerable.Repeat(who, 20), .. new byte[20]]));

    /// <summary>One payment to Bob, one of two outputs to him, and one to somebody else.</summary>
    public void Mine() => Add([[(7, 1_000 + _salt)], [(7, 5), (9, 6), (7, 5)], [(9, 77)]]);

    public void Add((byte Who, long Amount)[][] payments)
    {
        long height = Blocks.Count;
        string parent = height == 0 ? MadeBlock.NoHash : Blocks[^1].Hash;
        MadeTransaction[] transactions = [.. payments.Select((outputs, index) => new MadeTransaction
        {
            Inputs = [(Convert.ToHexStringLower(MadeTransaction.Twice([.. BitConverter.GetBytes(_salt), (byte)index])), 0)],
            Outputs = [.. outputs.Select(output => new MadeOutput(output.Amount, [0, 20, .. Enumerable.Repeat(output.Who, 20)]))],
        })];
        MadeBlock block = MadeBlock.Of(height, parent, transactions, salt: ++_salt);
        JsonArray told = [Reward(block)];
        List<string> paid = [];
        for (int index = 0; index < transactions.Length; index++)
        {
            told.Add(Tell(transactions[index], payments[index], block));
            paid.AddRange(payments[index].Select((output, number) => (output, number)).Where(static pair => pair.output.Who == 7)
                .Select(pair => $"{transactions[index].Id}/{pair.number} {pair.output.Amount} BTC"));
        }

        _paid[block.Hash] = paid;
        Blocks.Add(new ServedBlock(height, block.Hash, height == 0 ? "" : parent, 1_700_000_000 + (height * 600), told)
        {
            Raw = block.Hex,
            MerkleRoot = Convert.ToHexStringLower([.. block.Header[36..68].Reverse()]),
            Version = 0x20000000,
            Nonce = "0",
            Bits = "207fffff",
        });
    }

    private static JsonObject Reward(MadeBlock block) => Place(
        new JsonObject
        {
            ["txid"] = IdOf(block.Transactions[0]),
            ["vin"] = new JsonArray(new JsonObject { ["n"] = 0, ["isAddress"] = false, ["value"] = "0" }),
            ["vout"] = new JsonArray(new JsonObject { ["value"] = "5000000000", ["n"] = 0, ["addresses"] = new JsonArray("OP_RETURN \"a\"", "x"), ["isAddress"] = false }),
        },
        block,
        5_000_000_000);

    private static JsonObject Place(JsonObject transaction, MadeBlock block, long value)
    {
        transaction["blockHash"] = block.Hash;
        transaction["blockHeight"] = block.Height;
        transaction["confirmations"] = 1;
        transaction["blockTime"] = 1_700_000_000 + (block.Height * 600);
        transaction["value"] = $"{value}";
        transaction["valueIn"] = $"{value}";
        transaction["fees"] = "0";
        return transaction;
    }

    private static string IdOf(byte[] transaction) => Convert.ToHexStringLower([.. MadeTransaction.Twice(transaction).Reverse()]);

    private JsonObject Tell(MadeTransaction transaction, (byte Who, long Amount)[] outputs, MadeBlock block) => Place(
        new JsonObject
        {
            ["txid"] = transaction.Id,
            ["vin"] = new JsonArray(new JsonObject { ["n"] = 0, ["addresses"] = new JsonArray(Address(3)), ["isAddress"] = true, ["value"] = $"{outputs.Sum(static output => output.Amount)}" }),
            ["vout"] = new JsonArray([.. outputs.Select((output, number) => (JsonNode)new JsonObject
            {
                ["value"] = $"{output.Amount}",
                ["n"] = number,
                ["addresses"] = new JsonArray(Address(output.Who)),
                ["isAddress"] = true,
            })]),
        },
        block,
        outputs.Sum(static output => output.Amount));
}
