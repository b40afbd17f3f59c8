using System.Globalization;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A real Ethereum node.</summary>
internal sealed class FollowedEthereum(EthereumNode node) : FollowedChain
{
    private const string Bob = "0x00000000000000000000000000000000000b0b0b";
    private readonly List<string> _payments = [];
    private string? _snapshot;
    private int _before;

    public override string Name => "evm";

    public override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Endpoints:0:Url"] = node.Url,
        ["Endpoints:0:WebSocketUrl"] = node.WebSocketUrl,
        ["StartAt"] = "0",
        ["Confirmations"] = "2",
        ["Addresses:0"] = Bob,
    };

    public override IReadOnlyList<string> Payments => _payments;

    public static async Task<FollowedEthereum> StartAsync() => new(await EthereumNode.StartAsync(EthereumNodeKind.Anvil));

    public override async Task<string> ReadHeadAsync() => (await node.Rpc.CallAsync("eth_getBlockByNumber", "latest", false))!["hash"]!.GetValue<string>();

    public override async Task GrowAsync()
    {
        _snapshot = await node.Rpc.CallTextAsync("evm_snapshot");
        _before = _payments.Count;
        await PayAsync();
    }

    public override async Task<bool> ReorganiseAsync()
    {
        await node.Rpc.CallAsync("evm_revert", _snapshot);
        _payments.RemoveRange(_before, _payments.Count - _before);
        await PayAsync();
        await PayAsync();
        return true;
    }

    public override ValueTask DisposeAsync() => node.DisposeAsync();

    private async Task PayAsync()
    {
        // Never the same amount twice, so that a payment that comes instead of another is another one.
        var amount = 1_000_000L + Environment.TickCount64;
        var id = await node.Rpc.CallTextAsync("eth_sendTransaction", new { from = node.Accounts[0], to = Bob, value = string.Create(CultureInfo.InvariantCulture, $"0x{amount:x}") });
        await node.Rpc.CallAsync("evm_mine");
        _payments.Add(string.Create(CultureInfo.InvariantCulture, $"{id[2..]} {amount} ETH"));
    }
}
