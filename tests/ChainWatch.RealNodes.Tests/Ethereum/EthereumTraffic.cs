using System.Globalization;
using System.Numerics;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Sends transactions of every sort to watched and other addresses: what each is, and to whom, comes from a seed.</summary>
internal sealed class EthereumTraffic
{
    private static readonly BigInteger Ether = BigInteger.Pow(10, 18);
    private static readonly BigInteger LargestAmount = (BigInteger.One << 256) - 1;

    private readonly EthereumNode _node;
    private readonly Random _random;
    private readonly bool _withInternal;

    private EthereumTraffic(EthereumNode node, TestContracts contracts, Random random, IReadOnlyList<string> watched, bool withInternal)
    {
        _node = node;
        _random = random;
        _withInternal = withInternal;
        Contracts = contracts;
        Watched = watched;
    }

    public TestContracts Contracts { get; }

    public IReadOnlyList<string> Watched { get; }

    /// <summary>How many transactions have been sent.</summary>
    public int Sent { get; private set; }

    public static async Task<EthereumTraffic> CreateAsync(EthereumNode node, int seed, int watched = 20, bool withInternal = true)
    {
        var random = new Random(seed);
        var addresses = Enumerable.Range(0, watched).Select(_ => RandomAddress(random)).ToList();
        return new EthereumTraffic(node, await TestContracts.DeployAsync(node), random, addresses, withInternal);
    }

    /// <summary>Sends one transaction; it waits in the pool until a block is mined.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> SendAsync()
    {
        var watched = Watched[_random.Next(Watched.Count)];
        var stranger = RandomAddress(_random);
        // Small amounts, and amounts beyond 64 bits; the accounts hold 10,000 ether each.
        var amount = _random.Next(3) == 0 ? Ether * _random.Next(1, 3) + _random.Next() : new BigInteger(_random.Next(1, int.MaxValue));
        var tokens = _random.Next(10) == 0 ? LargestAmount - _random.Next() : (BigInteger)_random.NextInt64(1, long.MaxValue);
        var sort = _random.Next(100);
        Sent++;
        return sort switch
        {
            < 35 => await SendAsync(watched, amount, "0x"),
            < 42 => await SendAsync(stranger, amount, "0x"),
            < 44 => await SendAsync(watched, BigInteger.Zero, "0x"),
            < 64 => await SendAsync(Contracts.TokenAddress, BigInteger.Zero, TestContracts.Transfer(watched, tokens)),
            < 67 => await SendAsync(Contracts.TokenAddress, BigInteger.Zero, TestContracts.Transfer(stranger, tokens)),
            < 69 => await SendAsync(Contracts.TokenAddress, BigInteger.Zero, TestContracts.Transfer(watched, BigInteger.Zero)),
            < 72 => await SendAsync(Contracts.FakeTokenAddress, BigInteger.Zero, TestContracts.Transfer(watched, tokens)),
            // The transfer itself would succeed; its transaction does not.
            < 78 => await SendAsync(Contracts.ReverterAddress, amount, "0x" + Quantity.Word(watched)),
            _ when !_withInternal => await SendAsync(watched, amount, "0x"),
            < 86 => await SendAsync(Contracts.ForwarderAddress, amount, "0x" + Quantity.Word(watched)),
            < 91 => await SendAsync(Contracts.TwiceAddress, amount, "0x" + Quantity.Word(watched)),
            < 95 => await SendAsync(Contracts.CallerAddress, amount, "0x" + Quantity.Word(Contracts.ReverterAddress) + Quantity.Word(watched)),
            _ => await SendAsync(Contracts.CallerAddress, amount, "0x" + Quantity.Word(Contracts.ForwarderAddress) + Quantity.Word(watched)),
        };
    }

    private static string RandomAddress(Random random)
    {
        var bytes = new byte[20];
        random.NextBytes(bytes);
        return "0x" + Convert.ToHexString(bytes).ToLower(CultureInfo.InvariantCulture);
    }

    private Task<string> SendAsync(string to, BigInteger value, string data) =>
        _node.Rpc.CallTextAsync("eth_sendTransaction", new
        {
            from = _node.Accounts[_random.Next(_node.Accounts.Count)],
            to,
            value = Quantity.Write(value),
            data,
            gas = "0x30d40",
        });
}
