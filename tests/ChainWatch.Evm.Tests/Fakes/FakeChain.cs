using System.Globalization;
using System.Text;

namespace ChainWatch.Evm.Tests;

/// <summary>A made-up chain. Nodes show it, each in its way.</summary>
public sealed class FakeChain
{
    private readonly List<FakeBlock> _canonical = [];
    private readonly Dictionary<string, FakeBlock> _all = [];
    private int _counter;

    public FakeChain(long chainId = 1)
    {
        ChainId = chainId;
        Add(new FakeBlock { Number = 0, Hash = HashOf($"genesis {chainId}"), ParentHash = "0x" + new string('0', 64) });
    }

    public long ChainId { get; }

    public long? Finalized { get; set; }

    public long? Safe { get; set; }

    public FakeBlock Head => _canonical[^1];

    public FakeBlock this[long number] => _canonical[(int)number];

    public IReadOnlyList<FakeBlock> Canonical => _canonical;

    public FakeBlock? Find(string hash) => _all.GetValueOrDefault(hash.ToLowerInvariant());

    public FakeBlock Mine(params FakeTransaction[] transactions) => Mine(transactions, []);

    public FakeBlock Mine(FakeTransaction[] transactions, params (long Index, string Address, long Gwei)[] withdrawals) =>
        Add(new FakeBlock { Number = Head.Number + 1, Hash = NextHash(), ParentHash = Head.Hash, Transactions = transactions, Withdrawals = withdrawals });

    public void MineEmpty(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Mine();
        }
    }

    public void RollBack(int depth) => _canonical.RemoveRange(_canonical.Count - depth, depth);

    /// <summary>Makes these blocks the chain. Those that were it before are still known by their hashes.</summary>
    public void Show(IReadOnlyList<FakeBlock> canonical)
    {
        _canonical.Clear();
        _canonical.AddRange(canonical);
        foreach (FakeBlock block in canonical)
        {
            _all[block.Hash] = block;
        }
    }

    public string NextHash() => HashOf(string.Create(CultureInfo.InvariantCulture, $"hash {_counter++} of {ChainId}"));

    public static string Address(int number) => "0x" + Convert.ToHexStringLower(Encoding.ASCII.GetBytes($"address {number,8}    "))[..40];

    public FakeTransaction Pay(string to, long value, string? from = null) => new() { Hash = NextHash(), From = from ?? Address(1), To = to, Value = value };

    public FakeTransaction PayToken(string contract, string to, long amount, string? from = null) =>
        new() { Hash = NextHash(), From = from ?? Address(1), To = contract, Logs = [FakeLog.Transfer(contract, from ?? Address(1), to, amount)] };

    private FakeBlock Add(FakeBlock block)
    {
        _canonical.Add(block);
        _all.Add(block.Hash, block);
        return block;
    }

    private static string HashOf(string text)
    {
        byte[] hash = new byte[32];
        Keccak256.Hash(Encoding.ASCII.GetBytes(text), hash);
        return "0x" + Convert.ToHexStringLower(hash);
    }
}
