using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// Sends transactions with outputs of every form to watched and other addresses, replaces some before they are mined, and spends coins twice in different branches. What each is comes from a seed.
/// </summary>
internal sealed class BitcoinTraffic
{
    private const long Fee = 50_000;
    private const int MostOutputs = 6;

    private readonly BitcoinNode _node;
    private readonly Random _random;
    private readonly List<(string Address, byte[] Script)> _watched = [];

    private BitcoinTraffic(BitcoinNode node, Random random)
    {
        _node = node;
        _random = random;
    }

    /// <summary>The watched addresses: of the wallet, so that what is paid to them is spent again by what comes later.</summary>
    public IReadOnlyList<string> Watched => [.. _watched.Select(one => one.Address)];

    /// <summary>How many transactions have been made.</summary>
    public int Sent { get; private set; }

    /// <summary>How many of them replaced another one, or spend a coin that another branch spends otherwise.</summary>
    public int Conflicts { get; private set; }

    public static async Task<BitcoinTraffic> CreateAsync(BitcoinNode node, int seed)
    {
        var traffic = new BitcoinTraffic(node, new Random(seed));
        foreach (var type in new[] { "legacy", "p2sh-segwit", "bech32", "bech32m" })
        {
            for (var number = 0; number < 4; number++)
            {
                var address = await node.NewAddressAsync(type);
                var info = await node.Wallet.CallAsync("getaddressinfo", address);
                traffic._watched.Add((address, Convert.FromHexString(info!["scriptPubKey"]!.GetValue<string>())));
            }
        }

        return traffic;
    }

    /// <summary>A watched address now and then, to which a block's reward can go.</summary>
    public string? RandomMiner() => _random.Next(5) == 0 ? _watched[_random.Next(_watched.Count)].Address : null;

    /// <summary>Makes a transaction that waits in the pool until a block is mined; now and then another one replaces it there.</summary>
    public async Task SendAsync()
    {
        if (await TakeCoinAsync() is not { } coin)
        {
            return;
        }

        await SubmitAsync(coin, fee: Fee);
        if (_random.Next(5) == 0)
        {
            Conflicts++;
            await SubmitAsync(coin, fee: 20 * Fee);
        }
    }

    /// <summary>Moves coins into the extension blocks, or out of them to a watched address.</summary>
    public async Task SendHiddenAsync()
    {
        try
        {
            if (_random.Next(4) == 0)
            {
                await _node.HideAsync(10);
            }
            else
            {
                await _node.Hidden.CallAsync("sendtoaddress", _watched[_random.Next(_watched.Count)].Address, _random.Next(1, 100) / 100m);
            }

            Sent++;
        }
        catch (JsonRpcErrorException)
        {
            // What came in just before cannot go out yet, and the node forgets such transactions when their block is taken back.
        }
    }

    /// <summary>Moves coins out of the extension blocks to a watched address, in a block that stays: whether any of the others did is drawn.</summary>
    public async Task SendOutAsync()
    {
        const int attempts = 10;
        for (var attempt = 1; ; attempt++)
        {
            // The wallet may hold on to coins of blocks that were taken back: it gets new ones.
            await _node.HideAsync(10);
            await _node.MineAsync();
            try
            {
                await _node.Hidden.CallAsync("sendtoaddress", _watched[0].Address, 1);
                await _node.MineAsync();
                Sent++;
                return;
            }
            catch (JsonRpcErrorException) when (attempt < attempts)
            {
                await _node.MineAsync();
            }
        }
    }

    /// <summary>Makes a transaction for a block that is mined right away, whatever the pool holds: it may spend what a transaction there spends.</summary>
    public async Task<string?> SignConflictAsync()
    {
        var pool = (await _node.Rpc.CallAsync("getrawmempool"))!.AsArray();
        if (pool.Count == 0)
        {
            return null;
        }

        var raw = await _node.Rpc.CallAsync("getrawtransaction", pool[_random.Next(pool.Count)]!.GetValue<string>(), true);
        var input = raw!["vin"]![0]!;
        if (input["txid"] is null)
        {
            // It moves coins inside Litecoin's extension blocks.
            return null;
        }

        var spent = await _node.Rpc.CallAsync("gettxout", input["txid"]!.GetValue<string>(), input["vout"]!.GetValue<int>(), false);
        if (spent is null)
        {
            // It spends what another transaction of the pool makes.
            return null;
        }

        Conflicts++;
        var coin = new Coin(input["txid"]!.GetValue<string>(), input["vout"]!.GetValue<uint>(), Satoshis(spent["value"]!));
        return await SignAsync(coin, Fee);
    }

    public static long Satoshis(JsonNode amount) => (long)(decimal.Parse(amount.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture) * 100_000_000m);

    private async Task<Coin?> TakeCoinAsync()
    {
        var coins = (await _node.Wallet.CallAsync("listunspent", 0, 9_999_999))!.AsArray().Where(coin => coin!["vout"] is not null && Satoshis(coin!["amount"]!) > 100 * Fee).ToList();
        // Coins that came to watched addresses before the others: their spending is what is looked for.
        var ours = coins.Where(coin => _watched.Exists(one => one.Address == coin!["address"]?.GetValue<string>())).ToList();
        if (ours.Count > 0 && _random.Next(4) > 0)
        {
            coins = ours;
        }

        if (coins.Count == 0)
        {
            return null;
        }

        var chosen = coins[_random.Next(coins.Count)]!;
        return new Coin(chosen["txid"]!.GetValue<string>(), chosen["vout"]!.GetValue<uint>(), Satoshis(chosen["amount"]!));
    }

    private async Task SubmitAsync(Coin coin, long fee)
    {
        var signed = await SignAsync(coin, fee);
        try
        {
            await _node.Rpc.CallAsync("sendrawtransaction", signed, 0);
            Sent++;
        }
        catch (JsonRpcErrorException)
        {
            // A coin that the pool spends already, or a rule of the pool: nothing was sent, then.
        }
    }

    private async Task<string> SignAsync(Coin coin, long fee)
    {
        var left = coin.Amount - fee;
        var outputs = new List<(long Amount, byte[] Script)>();
        for (var count = _random.Next(1, MostOutputs); count > 0; count--)
        {
            var amount = _random.NextInt64(546, Math.Max(547, left / 8));
            var script = RandomScript();
            outputs.Add((script[0] == 0x6a ? 0 : amount, script));
            if (_random.Next(6) == 0)
            {
                // Twice the same to one address.
                outputs.Add(outputs[^1]);
            }
        }

        // The rest goes back, to a watched address more often than not.
        var spent = outputs.Sum(output => output.Amount);
        outputs.Insert(_random.Next(outputs.Count + 1), (left - spent, _watched[_random.Next(_watched.Count)].Script));
        var raw = new List<byte> { 2, 0, 0, 0, 1 };
        raw.AddRange(Convert.FromHexString(coin.Id).Reverse());
        raw.AddRange(BitConverter.GetBytes(coin.Output));
        // An input that may be replaced.
        raw.AddRange([0, 0xFD, 0xFF, 0xFF, 0xFF, (byte)outputs.Count]);
        foreach (var (amount, script) in outputs)
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, amount);
            raw.AddRange([.. bytes, (byte)script.Length, .. script]);
        }

        raw.AddRange([0, 0, 0, 0]);
        var signed = await _node.Wallet.CallAsync("signrawtransactionwithwallet", Convert.ToHexStringLower([.. raw]));
        return signed!["hex"]!.GetValue<string>();
    }

    private byte[] RandomScript()
    {
        var bytes = new byte[33];
        _random.NextBytes(bytes);
        return _random.Next(12) switch
        {
            < 6 => _watched[_random.Next(_watched.Count)].Script,
            6 => [0, 20, .. bytes[..20]],
            7 => [0x6a, 20, .. bytes[..20]],
            8 => [33, 2, .. bytes[..32], 0xac],
            9 => [0x51, 33, 2, .. bytes[..32], 33, 3, .. bytes[1..33], 0x52, 0xae],
            10 => [0x60, 2, .. bytes[..2]],
            _ => [0x51, 2, 0x4e, 0x73],
        };
    }

    private sealed record Coin(string Id, uint Output, long Amount);
}
