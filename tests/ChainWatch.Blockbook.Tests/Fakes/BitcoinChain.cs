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
        List<string> paid = [];
        for (int index = 0; index < transactions.Length; index++)
        {
            paid.AddRange(payments[index].Select((output, number) => (output, number)).Where(static pair => pair.output.Who == 7)
                .Select(pair => $"{transactions[index].Id}/{pair.number} {pair.output.Amount} BTC"));
        }

        _paid[block.Hash] = paid;
        Blocks.Add(Serve(block, transactions, output => _format.FormatAddress(new AddressKey([.. output.Script, .. new byte[42 - output.Script.Length]]))));
    }

    /// <summary>A block as an instance serves it: raw, and as pages.</summary>
    public static ServedBlock Serve(MadeBlock block, IReadOnlyList<MadeTransaction> transactions, Func<MadeOutput, string> addressOf)
    {
        JsonArray told = [Reward(block), .. transactions.Select(transaction => Tell(transaction, addressOf, block))];
        return new ServedBlock(block.Height, block.Hash, block.Height == 0 ? "" : block.ParentHash, 1_700_000_000 + (block.Height * 600), told)
        {
            Raw = block.Hex,
            MerkleRoot = Convert.ToHexStringLower([.. block.Header[36..68].Reverse()]),
            Version = 0x20000000,
            Nonce = "0",
            Bits = "207fffff",
        };
    }

    private static JsonObject Reward(MadeBlock block) => Place(
        new JsonObject
        {
            ["txid"] = Convert.ToHexStringLower([.. block.Ids[0].Reverse()]),
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

    private static JsonObject Tell(MadeTransaction transaction, Func<MadeOutput, string> addressOf, MadeBlock block)
    {
        long sum = transaction.Outputs.Sum(static output => output.Amount);
        return Place(
            new JsonObject
            {
                ["txid"] = transaction.Id,
                ["vin"] = new JsonArray([.. transaction.Inputs.Select((input, number) => Tell(input, number, number == 0 ? sum : 0))]),
                ["vout"] = new JsonArray([.. transaction.Outputs.Select((output, number) => (JsonNode)new JsonObject
                {
                    ["value"] = $"{output.Amount}",
                    ["n"] = number,
                    ["addresses"] = new JsonArray(addressOf(output)),
                    ["isAddress"] = true,
                })]),
            },
            block,
            sum);
    }

    /// <summary>An input, as an instance with an extended index tells it: a number is left out where it is 0.</summary>
    private static JsonObject Tell((string Id, uint Output) input, int number, long value)
    {
        JsonObject told = new() { ["txid"] = input.Id };
        if (input.Output > 0)
        {
            told["vout"] = input.Output;
        }

        told["n"] = number;
        told["isAddress"] = false;
        told["value"] = $"{value}";
        return told;
    }
}
