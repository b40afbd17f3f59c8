using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Xrpl.Tests;

/// <summary>
/// A server of the XRP Ledger on 127.0.0.1, over WebSocket and HTTP, that replays ledgers and behaves as the documentation says, faults included. It is proved with the vendor's own
/// client (<see cref="VendorClientTests"/>).
/// </summary>
internal sealed class XrplServer : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ServedLedger> _ledgers;
    private readonly List<Connection> _connections = [];
    private readonly WebApplication _app;

    private XrplServer(IEnumerable<ServedLedger> ledgers, int validated)
    {
        _ledgers = [.. ledgers];
        Validated = validated;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(ServeAsync);
    }

    /// <summary>How many of the ledgers are validated.</summary>
    public int Validated { get; private set; }

    public string WebSocketUrl => Address.Replace("http://", "ws://", StringComparison.Ordinal);

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>Every request, as its command and which ledger it asks for.</summary>
    public List<JsonObject> Requests { get; } = [];

    public int Connected { get; private set; }

    public long? NetworkId { get; set; }

    public string State { get; set; } = "full";

    public bool Clio { get; set; }

    public bool AmendmentBlocked { get; set; }

    /// <summary>The first ledger that the server holds, by its place; those before are gone.</summary>
    public int HoldsFrom { get; set; }

    /// <summary>What the ledgers' states hold.</summary>
    public FakeEntries Entries { get; } = new();

    /// <summary>False keeps the stream silent.</summary>
    public bool Announces { get; set; } = true;

    /// <summary>Changes an answer before it is sent; <see langword="null"/> sends none.</summary>
    public Func<JsonObject, JsonObject, JsonObject?>? Change { get; set; }

    /// <summary>Sends something else instead of an answer: true when it did.</summary>
    public Func<Connection, JsonObject, Task<bool>>? Instead { get; set; }

    public static async Task<XrplServer> StartAsync(IEnumerable<ServedLedger> ledgers, int validated)
    {
        XrplServer server = new(ledgers, validated);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Validates more ledgers, and announces each.</summary>
    public async Task AdvanceAsync(int count = 1, bool announceOnlyLast = false)
    {
        for (int index = 0; index < count; index++)
        {
            ServedLedger ledger;
            lock (_lock)
            {
                ledger = _ledgers[Validated++];
            }

            if (!announceOnlyLast || index == count - 1)
            {
                await AnnounceAsync(ledger);
            }
        }
    }

    public async Task AnnounceAsync(ServedLedger ledger)
    {
        JsonObject push = new()
        {
            ["fee_base"] = 10,
            ["ledger_hash"] = ledger.Hash,
            ["ledger_index"] = ledger.Index,
            ["ledger_time"] = ledger.CloseTime,
            ["reserve_base"] = 1_000_000,
            ["reserve_inc"] = 200_000,
            ["txn_count"] = ledger.Transactions.Count,
            ["type"] = "ledgerClosed",
            ["validated_ledgers"] = Ranges,
        };
        await PushAsync(push.ToJsonString());
    }

    /// <summary>Sends a text to all that listen.</summary>
    public async Task PushAsync(string text)
    {
        foreach (Connection connection in Open().Where(connection => connection.Listens && Announces))
        {
            await connection.SendAsync(text);
        }
    }

    /// <summary>Closes all connections as a server does that has a reason.</summary>
    public async Task CloseAllAsync(WebSocketCloseStatus status, string reason)
    {
        foreach (Connection connection in Open())
        {
            await connection.CloseAsync(status, reason);
        }
    }

    /// <summary>Breaks all connections without a word.</summary>
    public void BreakAll()
    {
        foreach (Connection connection in Open())
        {
            connection.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        BreakAll();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private string Ranges => $"{_ledgers[HoldsFrom].Index}-{_ledgers[Validated - 1].Index}";

    private Connection[] Open()
    {
        lock (_lock)
        {
            return [.. _connections];
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            JsonObject posted = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
            JsonObject request = posted["params"]!.AsArray()[0]!.DeepClone().AsObject();
            request["command"] = (string)posted["method"]!;
            JsonObject answer = Answer(request);
            JsonObject result = answer["result"] is JsonObject good ? good.DeepClone().AsObject() : answer.DeepClone().AsObject();
            result["status"] = (string)answer["status"]!;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(new JsonObject { ["result"] = result }.ToJsonString());
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        using Connection connection = new(socket);
        lock (_lock)
        {
            _connections.Add(connection);
            Connected++;
        }

        try
        {
            while (await connection.ReceiveAsync() is { } text)
            {
                JsonObject request = JsonNode.Parse(text)!.AsObject();
                connection.Listens |= (string)request["command"]! == "subscribe" && request["streams"]!.AsArray().Any(static stream => (string)stream! == "ledger");
                if (Instead is { } instead && await instead(connection, request))
                {
                    continue;
                }

                JsonObject? answer = Answer(request);
                answer = Change is { } change ? change(request, answer) : answer;
                if (answer is not null)
                {
                    await connection.SendAsync(answer.ToJsonString());
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The other end is gone.
        }
        finally
        {
            lock (_lock)
            {
                _connections.Remove(connection);
            }
        }
    }

    private JsonObject Answer(JsonObject request)
    {
        lock (_lock)
        {
            Requests.Add(request.DeepClone().AsObject());
            string command = (string)request["command"]!;
            (JsonObject? result, string? error) = command switch
            {
                "server_info" => (Info(), null),
                "ledger" => Ledger(request),
                "ledger_entry" => Entry(request),
                "subscribe" or "unsubscribe" or "ping" => (new JsonObject(), null),
                _ => (null, "unknownCmd"),
            };
            JsonObject answer = result is not null
                ? new JsonObject { ["result"] = result, ["status"] = "success", ["type"] = "response" }
                : new JsonObject { ["error"] = error, ["error_code"] = 21, ["error_message"] = error, ["request"] = request.DeepClone(), ["status"] = "error", ["type"] = "response" };
            if (error == "entryNotFound" && !Clio && Find(request) is { } searched)
            {
                answer["ledger_hash"] = searched.Hash;
                answer["ledger_index"] = searched.Index;
                answer["validated"] = true;
            }

            if (request["id"] is { } id)
            {
                answer["id"] = id.DeepClone();
            }

            return answer;
        }
    }

    private JsonObject Info()
    {
        ServedLedger last = _ledgers[Validated - 1];
        JsonObject info = new()
        {
            ["build_version"] = "2.5.0",
            ["complete_ledgers"] = Ranges,
            ["validated_ledger"] = new JsonObject { ["age"] = 2, ["base_fee_xrp"] = 0.00001, ["hash"] = last.Hash, ["reserve_base_xrp"] = 1, ["reserve_inc_xrp"] = 0.2, ["seq"] = last.Index },
        };
        if (Clio)
        {
            info["clio_version"] = "2.4.0";
        }
        else
        {
            info["server_state"] = State;
        }

        if (NetworkId is { } network)
        {
            info["network_id"] = network;
        }

        if (AmendmentBlocked)
        {
            info["amendment_blocked"] = true;
        }

        return new JsonObject { ["info"] = info };
    }

    private (JsonObject? Result, string? Error) Ledger(JsonObject request) =>
        Find(request) is { } ledger ? (ledger.ToResult((bool?)request["transactions"] ?? false, (int?)request["api_version"] ?? 1, Clio), null) : (null, "lgrNotFound");

    private (JsonObject? Result, string? Error) Entry(JsonObject request)
    {
        if (Find(request) is not { } ledger)
        {
            return (null, "lgrNotFound");
        }

        return Entries.Find(request, ledger.Index) is { } binary
            ? (new JsonObject { ["index"] = new string('0', 64), ["ledger_hash"] = ledger.Hash, ["ledger_index"] = ledger.Index, ["node_binary"] = Convert.ToHexString(binary), ["validated"] = true }, null)
            : (null, "entryNotFound");
    }

    private ServedLedger? Find(JsonObject request)
    {
        int at;
        if (request["ledger_hash"] is { } hash)
        {
            at = _ledgers.FindIndex(ledger => string.Equals(ledger.Hash, (string)hash!, StringComparison.OrdinalIgnoreCase));
        }
        else if (request["ledger_index"]!.GetValueKind() == System.Text.Json.JsonValueKind.String)
        {
            at = Validated - 1;
        }
        else
        {
            at = _ledgers.FindIndex(ledger => ledger.Index == (long)request["ledger_index"]!);
        }

        return at < HoldsFrom || at >= Validated ? null : _ledgers[at];
    }

    /// <summary>One client's connection.</summary>
    internal sealed class Connection(WebSocket socket) : IDisposable
    {
        private readonly SemaphoreSlim _sending = new(1, 1);

        public bool Listens { get; set; }

        public void Dispose() => _sending.Dispose();

        public async Task SendAsync(string text)
        {
            try
            {
                await _sending.WaitAsync();
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            try
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
            catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The other end is gone.
            }
            finally
            {
                try
                {
                    _sending.Release();
                }
                catch (ObjectDisposedException)
                {
                    // The connection was broken in the middle of it.
                }
            }
        }

        public async Task SendInPiecesAsync(string text, int piece)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            for (int at = 0; at < bytes.Length; at += piece)
            {
                int length = Math.Min(piece, bytes.Length - at);
                await socket.SendAsync(bytes.AsMemory(at, length), WebSocketMessageType.Text, at + length == bytes.Length, CancellationToken.None);
            }
        }

        public Task CloseAsync(WebSocketCloseStatus status, string reason) => socket.CloseOutputAsync(status, reason, CancellationToken.None);

        public void Abort() => socket.Abort();

        public async Task<string?> ReceiveAsync()
        {
            byte[] buffer = new byte[64 * 1024];
            int length = 0;
            while (true)
            {
                ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    if (socket.State == WebSocketState.CloseReceived)
                    {
                        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, CancellationToken.None);
                    }

                    return null;
                }

                length += part.Count;
                if (part.EndOfMessage)
                {
                    return Encoding.UTF8.GetString(buffer, 0, length);
                }
            }
        }
    }
}
