using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using ChainWatch.Simulation;
using ChainWatch.Testing;

namespace ChainWatch.Cardano.Tests;

/// <summary>One connection to an Ogmios in memory, with its place in the chain that its endpoint sees.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "Who opened the connection disposes it.")]
internal sealed class CardanoNode
{
    private readonly CardanoWire _wire;
    private readonly ScenarioNode _node;
    private readonly MemoryWebSocket _socket;
    private readonly Queue<JsonObject> _blockRequests = new();
    private MinedBlock? _at;
    private bool _mustGoBack = true;
    private bool _serving;

    public CardanoNode(CardanoWire wire, ScenarioNode node)
    {
        _wire = wire;
        _node = node;
        _socket = new MemoryWebSocket(text => _ = TakeAsync(JsonNode.Parse(text)!.AsObject()));
    }

    public WebSocket Open() => _socket;

    private async Task TakeAsync(JsonObject request)
    {
        if ((string)request["method"]! == "nextBlock")
        {
            _blockRequests.Enqueue(request);
            if (!_serving)
            {
                _serving = true;
                await ServeBlocksAsync();
                _serving = false;
            }

            return;
        }

        if (await ArriveAsync() is { } head)
        {
            Answer(request, head);
        }
    }

    /// <summary>The head that a request meets; nothing where the connection breaks instead.</summary>
    private async ValueTask<MinedBlock?> ArriveAsync()
    {
        (MinedBlock head, bool refused, bool isNull) = await _node.ArriveAsync(CancellationToken.None);
        if (refused || isNull)
        {
            _socket.Abort();
        }

        return _socket.State == WebSocketState.Open ? head : null;
    }

    private void Answer(JsonObject request, MinedBlock head)
    {
        switch ((string)request["method"]!)
        {
            case "findIntersection":
                Intersect(request, head);
                break;
            case "queryNetwork/tip":
                Reply(request, Write(head, withHeight: false));
                break;
            case "queryNetwork/blockHeight":
                Reply(request, head.Height.ToString(CultureInfo.InvariantCulture));
                break;
            case "queryNetwork/startTime":
                Reply(request, "\"2022-06-01T00:00:00Z\"");
                break;
            case "queryNetwork/genesisConfiguration":
                Reply(request, """{"era":"shelley","startTime":"2022-06-01T00:00:00Z","networkMagic":1,"network":"testnet"}""");
                break;
            case "queryLedgerState/eraSummaries":
                Reply(request, """[{"start":{"time":{"seconds":0},"slot":0,"epoch":0},"end":{"time":{"seconds":1728000},"slot":86400,"epoch":4},"parameters":{"epochLength":21600,"slotLength":{"milliseconds":20000},"safeZone":4320}}]""");
                break;
            default:
                Send(request, "\"error\":{\"code\":-32601,\"message\":\"Method not found.\"}");
                break;
        }
    }

    private void Intersect(JsonObject request, MinedBlock head)
    {
        foreach (JsonNode? point in request["params"]!["points"]!.AsArray())
        {
            bool isOrigin = point!.GetValueKind() == System.Text.Json.JsonValueKind.String;
            MinedBlock? found = isOrigin ? null : Find(head, point);
            if (isOrigin || found is not null)
            {
                _at = found;
                _mustGoBack = true;
                Reply(request, $"{{\"intersection\":{(found is null ? "\"origin\"" : Write(found, withHeight: false))},\"tip\":{Write(head, withHeight: true)}}}");
                return;
            }
        }

        Send(request, $"\"error\":{{\"code\":1000,\"message\":\"No intersection found.\",\"data\":{{\"tip\":{Write(head, withHeight: true)}}}}}");
    }

    private MinedBlock? Find(MinedBlock head, JsonNode point)
    {
        MinedBlock named = _wire.BlockOf(Hash256.Parse((string)point["id"]!));
        return head.DescendsFrom(named) && _wire.Render(named).Slot == (long)point["slot"]! ? named : null;
    }

    private async Task ServeBlocksAsync()
    {
        while (_blockRequests.Count > 0)
        {
            long version = _wire.Settings.Chain.Version;
            if (await ArriveAsync() is not { } head)
            {
                return;
            }

            if (Next(head) is { } step)
            {
                Reply(_blockRequests.Dequeue(), step);
            }
            else
            {
                await _wire.Settings.Chain.WaitForChangeAsync(version, CancellationToken.None);
            }
        }
    }

    /// <summary>The next step of the stream; nothing at the tip.</summary>
    private string? Next(MinedBlock head)
    {
        string tip = $"\"tip\":{Write(head, withHeight: true)}";
        bool gone = false;
        while (_at is not null && !head.DescendsFrom(_at))
        {
            gone = true;
            _at = _at.Parent;
        }

        if (_mustGoBack || gone)
        {
            _mustGoBack = false;
            return $"{{\"direction\":\"backward\",\"point\":{(_at is null ? "\"origin\"" : Write(_at, withHeight: false))},{tip}}}";
        }

        if (head == _at)
        {
            return null;
        }

        _at = head.AncestorAt(_at is null ? 0 : _at.Height + 1)!;
        return $"{{\"direction\":\"forward\",\"block\":{_wire.RenderBlock(_at).ToJson()},{tip}}}";
    }

    private string Write(MinedBlock block, bool withHeight)
    {
        ChainPoint point = _wire.Render(block);
        return string.Create(CultureInfo.InvariantCulture, $"{{\"slot\":{point.Slot},\"id\":\"{point.Hash}\"{(withHeight ? $",\"height\":{point.Height}" : "")}}}");
    }

    private void Reply(JsonObject request, string result) => Send(request, $"\"result\":{result}");

    private void Send(JsonObject request, string content) =>
        _socket.Deliver($"{{\"jsonrpc\":\"2.0\",\"method\":\"{(string)request["method"]!}\",{content},\"id\":{request["id"]!.ToJsonString()}}}");
}
