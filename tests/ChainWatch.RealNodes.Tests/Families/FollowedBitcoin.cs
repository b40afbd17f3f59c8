using System.Globalization;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A real Bitcoin node.</summary>
internal sealed class FollowedBitcoin : FollowedChain
{
    private readonly BitcoinNode _node;
    private readonly string _bob;
    private readonly List<(string Payment, string Block)> _payments = [];
    private long _amount = 10_000;

    private FollowedBitcoin(BitcoinNode node, string bob)
    {
        _node = node;
        _bob = bob;
    }

    public override string Name => "bitcoin";

    public override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Network"] = "regtest",
        ["Endpoints:0:Url"] = _node.Url,
        ["Endpoints:0:CredentialsFile"] = _node.CookieFile,
        ["Zmq:0"] = _node.PushUrl,
        ["StartAt"] = "0",
        ["Confirmations"] = "2",
        ["PollInterval"] = "00:00:00.200",
        ["Addresses:0"] = _bob,
    };

    public override IReadOnlyList<string> Payments => [.. _payments.Select(static one => one.Payment)];

    public static async Task<FollowedBitcoin> StartAsync()
    {
        var node = await BitcoinNode.StartAsync(BitcoinNodeKind.Knots);
        return new FollowedBitcoin(node, await node.NewAddressAsync("bech32m"));
    }

    public override Task<string> ReadHeadAsync() => _node.Rpc.CallTextAsync("getbestblockhash");

    public override async Task GrowAsync()
    {
        _amount += 7;
        var id = await _node.Wallet.CallTextAsync("sendtoaddress", _bob, _amount / 100_000_000m);
        await _node.MineAsync();
        _payments.Add((string.Create(CultureInfo.InvariantCulture, $"{id} {_amount} BTC"), await ReadHeadAsync()));
    }

    /// <summary>The transaction of the block that goes is mined again by the next: the payment moves.</summary>
    public override async Task<bool> ReorganiseAsync()
    {
        await _node.Rpc.CallAsync("invalidateblock", _payments[^1].Block);
        await GrowAsync();
        await _node.MineAsync();
        return true;
    }

    public override ValueTask DisposeAsync() => _node.DisposeAsync();
}
