using System.Globalization;
using ChainWatch.Xrpl.Tests;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A replay server of the XRP Ledger, whose validated ledgers are final.</summary>
internal sealed class FollowedXrpl : FollowedChain
{
    private static readonly ServedLedger[] s_ledgers = FakeLedgers.Chain(20);
    private readonly XrplServer _server;

    private FollowedXrpl(XrplServer server)
    {
        _server = server;
    }

    public override string Name => "xrpl";

    public override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Endpoints:0:Url"] = _server.WebSocketUrl,
        ["StartAt"] = FakeLedgers.First.ToString(CultureInfo.InvariantCulture),
        ["PollInterval"] = "00:00:00.200",
        ["Addresses:0"] = Someone.Address(Someone.Bob),
    };

    /// <summary>The second of each ledger's transactions pays its number, in drops.</summary>
    public override IReadOnlyList<string> Payments =>
        [.. s_ledgers.Take(_server.Validated).Select(static (ledger, index) => string.Create(CultureInfo.InvariantCulture, $"{ledger.Transactions[1].Hash} {index + 1} XRP"))];

    public static async Task<FollowedXrpl> StartAsync() => new(await XrplServer.StartAsync(s_ledgers, validated: 3));

    public override Task<string> ReadHeadAsync() => Task.FromResult(s_ledgers[_server.Validated - 1].Hash);

    public override Task GrowAsync() => _server.AdvanceAsync();

    public override Task<bool> ReorganiseAsync() => Task.FromResult(false);

    public override ValueTask DisposeAsync() => _server.DisposeAsync();
}
