using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// Stands before a node as a provider does, and goes wrong as one does: subscribed to and mute while pings are answered, going back and forth between two heads, or staying at an
/// old one. Everything else is the node's own answer.
/// </summary>
internal sealed class NodeFront : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private readonly HttpListener _listener = new();
    private readonly HttpClient _node;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private int _asked;
    private int _pushed;

    public NodeFront(EthereumNode node)
    {
        var port = FreePort.Next();
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        WebSocketUrl = string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{port}");
        _node = new HttpClient { BaseAddress = new Uri(node.Url) };
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    public string WebSocketUrl { get; }

    /// <summary>Subscriptions are confirmed and pings are answered, but nothing is pushed.</summary>
    public bool IsMute { get; set; }

    /// <summary>Every second question for the head is answered with the block before it.</summary>
    public bool GoesBackAndForth { get; set; }

    /// <summary>The height that it stays at, whatever the node says; <see langword="null"/> while it follows the node.</summary>
    public long? StaysAt { get; set; }

    /// <summary>Waits until a head has just been pushed.</summary>
    public Task PushedAsync()
    {
        var before = Volatile.Read(ref _pushed);
        return Eventually.BecomesTrueAsync(_ => Task.FromResult(Volatile.Read(ref _pushed) > before), TimeSpan.FromSeconds(30), () => "nobody subscribes");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Close();
        await _serving;
        _node.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = context.Request.IsWebSocketRequest ? PushAsync(context) : AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            var question = await JsonNode.ParseAsync(context.Request.InputStream, cancellationToken: _stop.Token);
            foreach (var call in question is JsonArray batch ? [.. batch] : new[] { question })
            {
                await BendAsync(call!);
            }

            using var answer = await _node.PostAsJsonAsync("", question, _stop.Token);
            var bytes = await answer.Content.ReadAsByteArrayAsync(_stop.Token);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength64 = bytes.Length;
            await context.Response.OutputStream.WriteAsync(bytes, _stop.Token);
            context.Response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            context.Response.Abort();
        }
    }

    /// <summary>Asks the node for another block than the head, where this provider is to have another head.</summary>
    private async Task BendAsync(JsonNode call)
    {
        if (call["method"]?.GetValue<string>() != "eth_getBlockByNumber" || call["params"] is not JsonArray { Count: > 0 } parameters || parameters[0]?.GetValue<string>() != "latest")
        {
            return;
        }

        var height = StaysAt;
        if (GoesBackAndForth && Interlocked.Increment(ref _asked) % 2 == 0)
        {
            height = (await ReadHeadAsync()).Height - 1;
        }

        if (height is { } other)
        {
            parameters[0] = string.Create(CultureInfo.InvariantCulture, $"0x{other:x}");
        }
    }

    private async Task PushAsync(HttpListenerContext context)
    {
        try
        {
            using var socket = (await context.AcceptWebSocketAsync(subProtocol: null)).WebSocket;
            var subscribed = new TaskCompletionSource();
            var listening = ListenAsync(socket, subscribed);
            await subscribed.Task;
            var told = (await ReadHeadAsync()).Height;
            while (!listening.IsCompleted)
            {
                var (height, block) = await ReadHeadAsync();
                if (height > told && !IsMute)
                {
                    told = height;
                    await SendAsync(socket, $$$"""{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{{{block.ToJsonString()}}}}}""");
                    Interlocked.Increment(ref _pushed);
                }

                await Task.Delay(Look, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or HttpListenerException or HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Who listened is gone, or the test is over.
        }
    }

    /// <summary>Confirms every subscription; a connection that is being received from answers pings by itself.</summary>
    private async Task ListenAsync(WebSocket socket, TaskCompletionSource subscribed)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, _stop.Token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            var call = JsonNode.Parse(buffer.AsSpan(0, part.Count));
            await SendAsync(socket, $$"""{"jsonrpc":"2.0","id":{{call!["id"]!.ToJsonString()}},"result":"0x1"}""");
            subscribed.TrySetResult();
        }
    }

    private async Task<(long Height, JsonNode Block)> ReadHeadAsync()
    {
        using var answer = await _node.PostAsJsonAsync("", new { jsonrpc = "2.0", id = 1, method = "eth_getBlockByNumber", @params = new object[] { "latest", false } }, _stop.Token);
        var block = (await JsonNode.ParseAsync(await answer.Content.ReadAsStreamAsync(_stop.Token), cancellationToken: _stop.Token))!["result"]!;
        return ((long)Quantity.Read(block["number"]), block);
    }

    private Task SendAsync(WebSocket socket, string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, _stop.Token);
}
