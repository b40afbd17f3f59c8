using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChainWatch.Cardano.Tests;

/// <summary>A made block.</summary>
internal sealed class FakeBlock
{
    private readonly bool _v7;
    private string? _json;

    private FakeBlock(FakeBlock? parent, long height, long slot, string salt, FakeTransaction[] transactions, bool v7)
    {
        Parent = parent;
        Transactions = transactions;
        _v7 = v7;
        string content = string.Create(CultureInfo.InvariantCulture, $"{parent?.Point.Hash} {height} {slot} {salt} {string.Join(' ', transactions.Select(static transaction => transaction.Id))}");
        Point = new ChainPoint(height, new Hash256(SHA256.HashData(Encoding.UTF8.GetBytes(content)))) { Slot = slot };
    }

    public FakeBlock? Parent { get; }

    public ChainPoint Point { get; }

    public IReadOnlyList<FakeTransaction> Transactions { get; }

    /// <summary>The first block of a chain, at any height.</summary>
    public static FakeBlock First(long height, bool v7 = false, params FakeTransaction[] transactions) => new(null, height, height * 20, "first", transactions, v7);

    public FakeBlock Next(string salt, params FakeTransaction[] transactions) => new(this, Point.Height + 1, Point.Slot + 20 + (salt.Length % 7), salt, transactions, _v7);

    /// <summary>Continues with that many blocks, each with one payment to Bob.</summary>
    public List<FakeBlock> Grow(int count, string salt)
    {
        List<FakeBlock> blocks = [];
        for (int index = 0; index < count; index++)
        {
            FakeBlock last = blocks.Count > 0 ? blocks[^1] : this;
            string name = string.Create(CultureInfo.InvariantCulture, $"{salt}-{last.Point.Height + 1}");
            blocks.Add(last.Next(salt, new FakeTransaction(name, new FakeOutput(Someone.Alice, 7), new FakeOutput(Someone.Bob, last.Point.Height + 1)), new FakeTransaction($"{name} of others", new FakeOutput(Someone.Alice, 5))));
        }

        return blocks;
    }

    public string ToJson() => _json ??= string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"type\":\"praos\",\"era\":\"{(_v7 ? "dijkstra" : "conway")}\",\"id\":\"{Point.Hash}\",\"ancestor\":\"{Parent?.Point.Hash.ToString() ?? "genesis"}\",\"nonce\":{{\"output\":\"aa\",\"proof\":\"bb\"}},\"height\":{Point.Height},\"slot\":{Point.Slot},\"size\":{{\"bytes\":4}},") +
        $"\"protocol\":{{\"version\":{{\"major\":9,\"minor\":1}}}},\"transactions\":[{string.Join(',', Transactions.Select(transaction => transaction.ToJson(_v7)))}],\"issuer\":{{\"verificationKey\":\"0f12\"}}}}";

    public IEnumerable<string> Expect(params string[] addresses) => Transactions.SelectMany(transaction => transaction.Expect(addresses));
}
