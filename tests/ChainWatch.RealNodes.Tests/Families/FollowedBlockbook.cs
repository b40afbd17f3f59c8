using ChainWatch.Blockbook.Tests;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A replay server of Blockbook.</summary>
internal sealed class FollowedBlockbook : FollowedChain
{
    private readonly BitcoinChain _chain;
    private readonly BlockbookServer _server;

    private FollowedBlockbook(BitcoinChain chain, BlockbookServer server)
    {
        _chain = chain;
        _server = server;
    }

    public override string Name => "blockbook";

    public override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Coin"] = "bitcoin-regtest",
        ["GenesisHash"] = _chain.Blocks[0].Hash,
        ["Endpoints:0:Url"] = _server.Url,
        ["Endpoints:0:WebSocketUrl"] = _server.SocketUrl,
        ["Limits"] = "None",
        ["StartAt"] = "1",
        ["Confirmations"] = "2",
        ["PollInterval"] = "00:00:00.200",
        ["Addresses:0"] = _chain.Bob,
    };

    public override IReadOnlyList<string> Payments => [.. _chain.Payments.Select(static one => $"{one[..64]}{one[one.IndexOf(' ')..]}")];

    public static async Task<FollowedBlockbook> StartAsync()
    {
        BitcoinChain chain = new(3);
        return new FollowedBlockbook(chain, await BlockbookServer.StartAsync(chain));
    }

    public override Task<string> ReadHeadAsync() => Task.FromResult(_chain.Blocks[^1].Hash);

    public override Task GrowAsync()
    {
        _chain.Mine();
        return _server.ServeAsync(_chain.Blocks);
    }

    public override async Task<bool> ReorganiseAsync()
    {
        ((IServedChain)_chain).Reorganise(1, 2);
        await _server.ServeAsync(_chain.Blocks);
        return true;
    }

    public override ValueTask DisposeAsync() => _server.DisposeAsync();
}
