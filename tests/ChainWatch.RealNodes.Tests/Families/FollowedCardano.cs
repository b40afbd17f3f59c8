using System.Globalization;
using ChainWatch.Cardano.Tests;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A replay server of Ogmios. A stream begins at its tip, so what was there before is not read.</summary>
internal sealed class FollowedCardano : FollowedChain
{
    private readonly OgmiosServer _server;
    private readonly long _start;
    private int _branch;

    private FollowedCardano(OgmiosServer server)
    {
        _server = server;
        _start = server.Tip.Point.Height;
    }

    /// <summary>Whether somebody stands at the tip and waits for what comes: what comes before that is not read, and until then nothing is stored.</summary>
    public bool IsFollowed => _server.Requests.Contains("nextBlock");

    public override string Name => "cardano";

    public override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Network"] = Someone.Network,
        ["Endpoints:0:Url"] = _server.WebSocketUrl,
        ["Confirmations"] = "2",
        ["PollInterval"] = "00:00:00.200",
        ["Tokens:0:Symbol"] = "GOLD",
        ["Tokens:0:Policy"] = Someone.Policy,
        ["Tokens:0:AssetName"] = "474f4c44",
        ["Tokens:0:Decimals"] = "2",
        ["Addresses:0"] = Someone.Bob,
    };

    public override IReadOnlyList<string> Payments =>
    [
        .. _server.Chain.Where(block => block.Point.Height > _start).SelectMany(static block => block.Transactions).SelectMany(static transaction => transaction.Outputs.Where(static output => output.Address == Someone.Bob)
            .SelectMany(output => output.Tokens.Select(static token => (token.Amount, Symbol: "GOLD")).Prepend((output.Lovelace, "ADA"))
                .Select(one => string.Create(CultureInfo.InvariantCulture, $"{transaction.Id} {one.Item1} {one.Item2}")))),
    ];

    public static async Task<FollowedCardano> StartAsync()
    {
        var first = FakeBlock.First(100);
        return new FollowedCardano(await OgmiosServer.StartAsync([first, .. first.Grow(4, "main")]));
    }

    public override Task<string> ReadHeadAsync() => Task.FromResult(_server.Tip.Point.Hash.ToString());

    public override Task GrowAsync()
    {
        _server.Replace([Next(_server.Tip)]);
        return Task.CompletedTask;
    }

    public override Task<bool> ReorganiseAsync()
    {
        var one = Next(_server.Chain[^2]);
        _server.Replace([one, Next(one)]);
        return Task.FromResult(true);
    }

    public override ValueTask DisposeAsync() => _server.DisposeAsync();

    private FakeBlock Next(FakeBlock after)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"branch {++_branch}");
        return after.Next(name, new FakeTransaction(name, new FakeOutput(Someone.Alice, 3), new FakeOutput(Someone.Bob, 1_000 + _branch, (Someone.Policy, "474f4c44", 40 + _branch))));
    }
}
