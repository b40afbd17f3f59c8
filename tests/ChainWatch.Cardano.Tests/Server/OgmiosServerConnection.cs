using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace ChainWatch.Cardano.Tests;

/// <summary>One connection to the replay server, with its place in the chain and its acquired state.</summary>
internal sealed class OgmiosServerConnection(OgmiosServer server, WebSocket socket) : IDisposable
{
    /// <summary>By then a client knows where it stands and how far the tip is.</summary>
    private const int StepsBeforeThePause = 5;

    private readonly TaskCompletionSource _enoughOpen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<JsonObject> _blockRequests = Channel.CreateUnbounded<JsonObject>();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private FakeBlock? _at;
    private bool _mustGoBack = true;
    private FakeBlock? _acquired;
    private int _open;
    private int _stepsTaken;

    public async Task ServeAsync()
    {
        Task blocks = ServeBlocksAsync();
        try
        {
            while (socket.State == WebSocketState.Open)
            {
                using WebSocketStream stream = WebSocketStream.CreateReadableMessageStream(socket);
                using StreamReader reader = new(stream, Encoding.UTF8);
                string text = await reader.ReadToEndAsync();
                if (text.Length > 0)
                {
                    await TakeAsync(JsonNode.Parse(text)!.AsObject());
                }
            }
        }
        finally
        {
            await _ended.CancelAsync();
            await Task.WhenAny(blocks);
        }
    }

    public async Task CloseAsync(string reason)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.InternalServerError, reason, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The other side was faster.
        }
    }

    public void Dispose()
    {
        _ended.Dispose();
        _sending.Dispose();
    }

    public void Abort()
    {
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }

        socket.Abort();
    }

    private static string Write(in ChainPoint point, bool withHeight) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"slot\":{point.Slot},\"id\":\"{point.Hash}\"{(withHeight ? string.Create(CultureInfo.InvariantCulture, $",\"height\":{point.Height}") : "")}}}");

    private async Task TakeAsync(JsonObject request)
    {
        string method = (string)request["method"]!;
        server.Saw(method);
        if (!server.Answers)
        {
            return;
        }

        if (server.Before?.Invoke(this, method) is { } error)
        {
            await FailAsync(request, error.Code, error.Text);
        }
        else if (method == "nextBlock")
        {
            lock (server.Gate)
            {
                server.MostOpen = Math.Max(server.MostOpen, Interlocked.Increment(ref _open));
                if (server.MostOpen >= server.PausesUntilOpen)
                {
                    _enoughOpen.TrySetResult();
                }
            }

            _blockRequests.Writer.TryWrite(request);
        }
        else
        {
            await AnswerAsync(method, request);
        }
    }

    private async Task AnswerAsync(string method, JsonObject request)
    {
        FakeBlock tip = server.Tip;
        switch (method)
        {
            case "findIntersection":
                await IntersectAsync(request);
                break;
            case "queryNetwork/tip":
                await ReplyAsync(request, Write(tip.Point, withHeight: false));
                break;
            case "queryNetwork/blockHeight":
                await ReplyAsync(request, tip.Point.Height.ToString(CultureInfo.InvariantCulture));
                break;
            case "queryNetwork/startTime":
                await ReplyAsync(request, "\"2022-06-01T00:00:00Z\"");
                break;
            case "queryNetwork/genesisConfiguration":
                await ReplyAsync(request, string.Create(CultureInfo.InvariantCulture, $"{{\"era\":\"shelley\",\"startTime\":\"2022-06-01T00:00:00Z\",\"networkMagic\":{server.Magic},\"network\":\"testnet\"}}"));
                break;
            case "queryLedgerState/eraSummaries":
                await ReplyAsync(request, """[{"start":{"time":{"seconds":0},"slot":0,"epoch":0},"end":{"time":{"seconds":1728000},"slot":86400,"epoch":4},"parameters":{"epochLength":21600,"slotLength":{"milliseconds":20000},"safeZone":4320}},{"start":{"time":{"seconds":1728000},"slot":86400,"epoch":4},"parameters":{"epochLength":432000,"slotLength":{"milliseconds":1000},"safeZone":129600}}]""");
                break;
            case "acquireLedgerState":
                _acquired = Find(request["params"]!["point"]!);
                await (_acquired is null
                    ? FailAsync(request, 2000, "Failed to acquire requested point.")
                    : ReplyAsync(request, $"{{\"acquired\":\"ledgerState\",\"point\":{Write(_acquired.Point, withHeight: false)}}}"));
                break;
            case "queryLedgerState/utxo":
                string[] addresses = [.. request["params"]!["addresses"]!.AsArray().Select(static address => (string)address!)];
                await ReplyAsync(request, server.Utxo(_acquired ?? tip, addresses).ToJsonString());
                break;
            case "releaseLedgerState":
                _acquired = null;
                await ReplyAsync(request, """{"released":"ledgerState"}""");
                break;
            default:
                await FailAsync(request, -32601, "Method not found.");
                break;
        }
    }

    private async Task IntersectAsync(JsonObject request)
    {
        if (Volatile.Read(ref _open) > 0)
        {
            await FailAsync(request, 1001, "Cannot interleave 'findIntersection' requests with 'nextBlock'.");
            return;
        }

        JsonArray points = request["params"]!["points"]!.AsArray();
        server.Offered = points;
        foreach (JsonNode? point in points)
        {
            bool isOrigin = point!.GetValueKind() == System.Text.Json.JsonValueKind.String;
            FakeBlock? found = isOrigin ? null : Find(point);
            if (isOrigin || found is not null)
            {
                _at = found;
                _mustGoBack = true;
                await ReplyAsync(request, $"{{\"intersection\":{(found is null ? "\"origin\"" : Write(found.Point, withHeight: false))},\"tip\":{Write(server.Tip.Point, withHeight: true)}}}");
                return;
            }
        }

        await FailAsync(request, 1000, "No intersection found.", $",\"data\":{{\"tip\":{Write(server.Tip.Point, withHeight: true)}}}");
    }

    private FakeBlock? Find(JsonNode point) => server.Chain.FirstOrDefault(block => block.Point.Hash.ToString() == (string)point["id"]! && block.Point.Slot == (long)point["slot"]!);

    private async Task ServeBlocksAsync()
    {
        await foreach (JsonObject request in _blockRequests.Reader.ReadAllAsync(_ended.Token))
        {
            string step = await NextAsync();
            if (++_stepsTaken > StepsBeforeThePause)
            {
                await _enoughOpen.Task.WaitAsync(_ended.Token);
            }

            Interlocked.Decrement(ref _open);
            await ReplyAsync(request, step);
        }
    }

    private async Task<string> NextAsync()
    {
        while (true)
        {
            Task changed = server.Changed;
            IReadOnlyList<FakeBlock> chain = server.Chain;
            string tip = $"\"tip\":{Write(chain[^1].Point, withHeight: true)}";
            long first = chain[0].Point.Height;
            if (server.GivesBlocks)
            {
                bool gone = false;
                while (_at is not null && (_at.Point.Height - first >= chain.Count || chain[(int)(_at.Point.Height - first)] != _at))
                {
                    gone = true;
                    _at = _at.Parent;
                }

                if (_mustGoBack || gone)
                {
                    _mustGoBack = false;
                    return $"{{\"direction\":\"backward\",\"point\":{(_at is null ? "\"origin\"" : Write(_at.Point, withHeight: false))},{tip}}}";
                }

                if (_at is not null && server.Inject?.Invoke(_at, tip) is { } injected)
                {
                    return injected;
                }

                int next = _at is null ? 0 : (int)(_at.Point.Height - first) + 1;
                if (next < chain.Count)
                {
                    _at = chain[next];
                    return $"{{\"direction\":\"forward\",\"block\":{_at.ToJson()},{tip}}}";
                }
            }

            await changed.WaitAsync(_ended.Token);
        }
    }

    private Task ReplyAsync(JsonObject request, string result) => SendAsync(request, $"\"result\":{result}");

    private Task FailAsync(JsonObject request, int code, string text, string data = "") =>
        SendAsync(request, string.Create(CultureInfo.InvariantCulture, $"\"error\":{{\"code\":{code},\"message\":\"{text}\"{data}}}"));

    private async Task SendAsync(JsonObject request, string content)
    {
        string method = (string)request["method"]!;
        string? text = $"{{\"jsonrpc\":\"2.0\",{(server.Strict ? "" : $"\"method\":\"{method}\",")}{content},\"id\":{request["id"]?.ToJsonString() ?? "null"}}}";
        text = server.Change is { } change ? change(method, text) : text;
        if (text is null)
        {
            return;
        }

        await _sending.WaitAsync(_ended.Token);
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, _ended.Token);
        }
        finally
        {
            _sending.Release();
        }
    }
}
