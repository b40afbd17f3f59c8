using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Blockbook.Tests;

/// <summary>A made-up chain of Ethereum's kind: transfers of the coin and of tokens, failed transactions and what moves inside calls.</summary>
internal sealed class EthereumChain : IServedChain
{
    public const string Alice = "0xD446089cf19C3D3Eb1743BeF3A852293Fd2C7775";
    public const string Usdc = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
    public const string Fake = "0x4E15361FD6b4BB609Fa63C81A2be19d873717870";

    private readonly Dictionary<string, List<string>> _paid = new(StringComparer.Ordinal);
    private int _salt;

    public EthereumChain(int blocks = 5)
    {
        Add([]);
        for (int i = 0; i < blocks; i++)
        {
            Mine();
        }
    }

    public string Coin => "ethereum";

    public List<ServedBlock> Blocks { get; } = [];

    public string Bob => "0x3B685307C8611AFb2A9E83EBc8743dc20480716E";

    public IEnumerable<string> Payments => Blocks.SelectMany(block => _paid[block.Hash]);

    /// <summary>Ether to Bob, a transaction that failed, tokens to Bob besides a token that is not watched, and a contract that is made.</summary>
    public void Mine()
    {
        int salt = ++_salt;
        JsonObject tokens = Transaction(Alice, Usdc, "0");
        tokens["tokenTransfers"] = new JsonArray(
            Token("ERC20", Fake, Alice, Bob, "999"),
            Token("ERC20", Usdc, Alice, Bob, "25"),
            Token("ERC721", Fake, Alice, Bob, "1"));
        JsonObject created = Transaction(Alice, Usdc, "5");
        created["vout"]![0]!["addresses"] = null;
        created["vout"]![0]!["isAddress"] = false;
        string wei = string.Create(CultureInfo.InvariantCulture, $"{salt}00000000000000000000000001");
        (JsonObject, string[])[] all =
        [
            (Transaction(Alice, Bob, wei), [$"/0 {wei} ETH"]),
            (Transaction(Alice, Bob, "8", status: 0), []),
            (tokens, [$"/2 25 USDC"]),
            (created, []),
            (Transaction(Alice, "0xC36442b4a4522E871399CD717aBDD847Ab11FE88", "31"), []),
        ];
        Add(all);
    }

    public void Add((JsonObject Transaction, string[] Paid)[] transactions)
    {
        long height = Blocks.Count;
        string parent = height == 0 ? "" : Blocks[^1].Hash;
        string hash = HashOf($"{parent} {height} {++_salt}");
        _paid[hash] = [];
        foreach ((JsonObject transaction, string[] paid) in transactions)
        {
            transaction["blockHash"] = hash;
            transaction["blockHeight"] = height;
            _paid[hash].AddRange(paid.Select(text => $"{((string)transaction["txid"]!)[2..]}{text}"));
        }

        Blocks.Add(new ServedBlock(height, hash, parent, 1_700_000_000 + (height * 12), new JsonArray([.. transactions.Select(static one => one.Transaction)])) { Nonce = "0x0000000000000000" });
    }

    public JsonObject Transaction(string from, string to, string value, int status = 1) => new()
    {
        ["txid"] = HashOf($"transaction {++_salt}"),
        ["vin"] = new JsonArray(new JsonObject { ["n"] = 0, ["addresses"] = new JsonArray(from), ["isAddress"] = true }),
        ["vout"] = new JsonArray(new JsonObject { ["value"] = value, ["n"] = 0, ["addresses"] = new JsonArray(to), ["isAddress"] = true }),
        ["blockHash"] = "",
        ["blockHeight"] = 0,
        ["confirmations"] = 1,
        ["blockTime"] = 1_700_000_000,
        ["value"] = value,
        ["fees"] = "0",
        ["ethereumSpecific"] = new JsonObject { ["status"] = status, ["nonce"] = 5, ["gasLimit"] = 21000, ["gasUsed"] = 21000, ["gasPrice"] = "1", ["data"] = "0xac9650d8" },
    };

    public static JsonObject Token(string standard, string contract, string from, string to, string value) => new()
    {
        ["type"] = standard,
        ["standard"] = standard,
        ["from"] = from,
        ["to"] = to,
        ["contract"] = contract,
        ["token"] = contract,
        ["name"] = "A \"token\" \\ <b>",
        ["symbol"] = "T",
        ["decimals"] = 6,
        ["value"] = value,
    };

    private static string HashOf(string text) => $"0x{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
}
