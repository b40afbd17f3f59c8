using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Blockbook.Tests;

/// <summary>
/// A Blockbook on 127.0.0.1, over WebSocket and HTTP, that tells a made-up chain and behaves as the documentation and the recorded answers say, faults included. It is proved with the vendor's own
/// client (<see cref="VendorClientTests"/>).
/// </summary>
internal sealed class BlockbookServer : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ServerConnection> _connections = [];
    private readonly Dictionary<string, ServedBlock> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly WebApplication _app;
    private ServedBlock[] _blocks = [];

    private BlockbookServer(IServedChain chain)
    {
        Coin coin = Coin.Find(chain.Coin)!;
        Ethereum = coin.Type == CoinType.Ethereum;
        Decimals = coin.Decimals;
        Shortcut = coin.Shortcut ?? "REGTEST";
        CoinName = coin.ServerNames is [string first, ..] ? first : "Regtest";
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(ServeAsync);
    }

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public string SocketUrl => $"{Url.Replace("http://", "ws://", StringComparison.Ordinal)}/websocket";

    public bool Ethereum { get; }

    public int Decimals { get; set; }

    public string Shortcut { get; set; }

    public string CoinName { get; set; }

    public bool ExtendedIndex { get; set; }

    public bool HasRaw { get; set; } = true;

    public bool InSync { get; set; } = true;

    public bool InitialSync { get; set; }

    public int BackendAhead { get; set; }

    /// <summary>How many transactions a page by HTTP holds; 1,000 in truth.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>False keeps the announcements silent.</summary>
    public bool Announces { get; set; } = true;

    /// <summary>How many messages a connection may send before it is closed, and its owner locked out.</summary>
    public int MessageLimit { get; set; } = 2500;

    public int DescriptorLimit { get; set; } = 42;

    /// <summary>True answers every attempt to connect with 429.</summary>
    public bool LockedOut { get; set; }

    public int Connects { get; private set; }

    /// <summary>How many connections there were at once, at most.</summary>
    public int MostConnections { get; private set; }

    /// <summary>Changes an answer before it is sent; <see langword="null"/> sends none.</summary>
    public Func<string, JsonNode, JsonNode?>? Change { get; set; }

    /// <summary>Sends this text in place of the next answer over a WebSocket.</summary>
    public string? SendInstead { get; set; }

    /// <summary>Every request: its method over WebSocket, its path by HTTP.</summary>
    public List<string> Requests { get; } = [];

    public IReadOnlyList<ServedBlock> Blocks => Volatile.Read(ref _blocks);

    public IReadOnlyList<ServerConnection> Connections
    {
        get
        {
            lock (_lock)
            {
                return [.. _connections];
            }
        }
    }

    public static async Task<BlockbookServer> StartAsync(IServedChain chain, int? blocks = null)
    {
        BlockbookServer server = new(chain);
        server.Take(chain.Blocks.Take(blocks ?? int.MaxValue));
        await server._app.StartAsync();
        return server;
    }

    public int Count(string request)
    {
        lock (_lock)
        {
            return Requests.Count(one => one.Contains(request, StringComparison.Ordinal));
        }
    }

    /// <summary>Serves these blocks from now on, and announces the last.</summary>
    public async Task ServeAsync(IEnumerable<ServedBlock> blocks)
    {
        Take(blocks);
        await AnnounceAsync();
    }

    public async Task AnnounceAsync()
    {
        ServedBlock head = Blocks[^1];
        foreach (ServerConnection connection in Connections.Where(connection => Announces && connection.NewBlockId is not null))
        {
            JsonObject data = new() { ["height"] = head.Height, ["hash"] = head.Hash, ["evmData"] = null };
            await connection.SendAsync(new JsonObject { ["id"] = connection.NewBlockId, ["data"] = data }.ToJsonString());
        }
    }

    /// <summary>Breaks all connections without a word.</summary>
    public void BreakAll()
    {
        foreach (ServerConnection connection in Connections)
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

    private void Take(IEnumerable<ServedBlock> blocks)
    {
        ServedBlock[] taken = [.. blocks];
        lock (_lock)
        {
            foreach (ServedBlock block in taken)
            {
                _known[block.Hash] = block;
            }
        }

        Volatile.Write(ref _blocks, taken);
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            await ServeSocketAsync(context);
            return;
        }

        string path = context.Request.Path.Value!.Trim('/');
        Note($"{path}{context.Request.QueryString}");
        (JsonNode answer, int status) = AnswerHttp(path, context.Request.Query);
        JsonNode? changed = Change is { } change ? change(path, answer) : answer;
        if (changed is null)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(changed.ToJsonString());
    }

    private async Task ServeSocketAsync(HttpContext context)
    {
        Connects++;
        if (LockedOut || context.Request.Path != "/websocket")
        {
            context.Response.StatusCode = LockedOut ? 429 : 404;
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        using ServerConnection connection = new(socket);
        lock (_lock)
        {
            _connections.Add(connection);
            MostConnections = Math.Max(MostConnections, _connections.Count);
        }

        try
        {
            while (await connection.ReceiveAsync() is { } text && await TakeAsync(connection, text))
            {
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

    /// <summary>Answers a message. False closes the connection, as the real one does after what it cannot read, and where a limit is passed.</summary>
    private async Task<bool> TakeAsync(ServerConnection connection, string text)
    {
        JsonObject? request = Parse(text);
        if (request?["id"]?.GetValueKind() != JsonValueKind.String || request["method"]?.GetValueKind() != JsonValueKind.String)
        {
            return false;
        }

        if (++connection.Messages > MessageLimit)
        {
            LockedOut = true;
            return false;
        }

        string id = (string)request["id"]!;
        string method = (string)request["method"]!;
        JsonObject parameters = request["params"] as JsonObject ?? [];
        Note(method);
        if (method == "getAccountInfo" && connection.Descriptors.Add((string)parameters["descriptor"]!) && connection.Descriptors.Count > DescriptorLimit)
        {
            return false;
        }

        JsonNode? data = AnswerSocket(connection, id, method, parameters);
        data = data is null || Change is null ? data : Change(method, data);
        if (data is not null)
        {
            string? instead = SendInstead;
            SendInstead = null;
            await connection.SendAsync(instead ?? new JsonObject { ["id"] = id, ["data"] = data }.ToJsonString());
        }

        return true;
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Note(string request)
    {
        lock (_lock)
        {
            Requests.Add(request);
        }
    }

    private JsonNode? AnswerSocket(ServerConnection connection, string id, string method, JsonObject parameters)
    {
        switch (method)
        {
            case "getInfo":
                return new JsonObject
                {
                    ["name"] = CoinName,
                    ["shortcut"] = Shortcut,
                    ["network"] = Shortcut,
                    ["decimals"] = Decimals,
                    ["version"] = "0.5.1",
                    ["bestHeight"] = Blocks[^1].Height,
                    ["bestHash"] = Blocks[^1].Hash,
                    ["block0Hash"] = Blocks[0].Hash,
                    ["testnet"] = !Ethereum,
                    ["backend"] = new JsonObject { ["version"] = "270100", ["subversion"] = "/Satoshi:27.1.0/" },
                };
            case "getBlockHash":
                return new JsonObject { ["hash"] = At((long)parameters["height"]!)?.Hash ?? "" };
            case "getBlock":
                return !ExtendedIndex ? Error("Not supported")
                    : Find((string)parameters["id"]!) is { } block ? block.ToPage((int?)parameters["page"] ?? 1, Math.Min((int?)parameters["pageSize"] ?? 1000, PageSize == 1000 ? 10_000 : PageSize), Blocks[^1].Height)
                    : Error("Block not found");
            case "getTransaction":
                return FindTransaction((string)parameters["txid"]!) ?? Error($"Transaction '{parameters["txid"]}' not found");
            case "getAccountInfo":
                return Account((string)parameters["descriptor"]!, (string?)parameters["details"] ?? "basic", (int?)parameters["pageSize"] ?? 25);
            case "getAccountUtxo":
                return Outputs((string)parameters["descriptor"]!);
            case "subscribeNewBlock":
                connection.NewBlockId = id;
                return new JsonObject { ["subscribed"] = true };
            case "unsubscribeNewBlock":
                connection.NewBlockId = null;
                return new JsonObject { ["subscribed"] = false };
            case "subscribeAddresses":
                connection.AddressesId = id;
                connection.Addresses = [.. parameters["addresses"]!.AsArray().Select(static address => (string)address!)];
                return connection.Addresses.Count > 1000 ? Error("addresses max 1000") : new JsonObject { ["subscribed"] = true };
            case "unsubscribeAddresses":
                connection.Addresses = [];
                return new JsonObject { ["subscribed"] = false };
            case "ping":
                return new JsonObject();
            default:
                // Not a word to what it does not know.
                return null;
        }
    }

    private (JsonNode Answer, int Status) AnswerHttp(string path, IQueryCollection query)
    {
        string[] parts = path.Split('/');
        string last = parts[^1];
        if (path is "api/status" or "api/v2" or "api")
        {
            return (Status(), 200);
        }

        (JsonNode? answer, string error) = parts.Length == 4 ? parts[2] switch
        {
            "block-index" => (At(long.Parse(last, CultureInfo.InvariantCulture)) is { } block ? new JsonObject { ["blockHash"] = block.Hash } : null, "Block not found"),
            "block" => (Find(last)?.ToPage(int.TryParse(query["page"], out int page) ? page : 1, PageSize, Blocks[^1].Height), "Block not found"),
            "rawblock" => (HasRaw && Find(last)?.Raw is { } raw ? new JsonObject { ["hex"] = raw } : null, HasRaw ? "Block not found" : "Not supported"),
            "tx" => (FindTransaction(last), $"Transaction '{last}' not found"),
            "utxo" => (Outputs(last), ""),
            "address" => (Account(last, query["details"].FirstOrDefault() ?? "txids", 1000), ""),
            _ => ((JsonNode?)null, "API not found"),
        } : (null, "API not found");
        return answer is null ? (new JsonObject { ["error"] = error }, 400) : (answer, 200);
    }

    private JsonObject Status() => new()
    {
        ["blockbook"] = new JsonObject
        {
            ["coin"] = CoinName,
            ["network"] = Shortcut,
            ["host"] = "replay",
            ["version"] = "0.5.1",
            ["gitCommit"] = "a0960c8e",
            ["buildTime"] = "2024-08-08T12:32:50+00:00",
            ["syncMode"] = true,
            ["initialSync"] = InitialSync,
            ["inSync"] = InSync,
            ["bestHeight"] = Blocks[^1].Height,
            ["lastBlockTime"] = "2024-09-10T08:19:04Z",
            ["inSyncMempool"] = true,
            ["lastMempoolTime"] = "2024-09-10T08:42:39Z",
            ["mempoolSize"] = 3,
            ["decimals"] = Decimals,
            ["dbSize"] = 761283,
            ["about"] = "A replay.",
        },
        ["backend"] = new JsonObject
        {
            ["chain"] = "main",
            ["blocks"] = Blocks[^1].Height + BackendAhead,
            ["headers"] = Blocks[^1].Height + BackendAhead,
            ["bestBlockHash"] = Blocks[^1].Hash,
            ["difficulty"] = "1",
            ["version"] = "270100",
        },
    };

    private static JsonObject Error(string message) => new() { ["error"] = new JsonObject { ["message"] = message } };

    private ServedBlock? At(long height) => height >= 0 && height < Blocks.Count ? Blocks[(int)height] : null;

    private ServedBlock? Find(string id)
    {
        if (long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long height))
        {
            return At(height);
        }

        lock (_lock)
        {
            // Its node still knows what is on another branch.
            return _known.GetValueOrDefault(id);
        }
    }

    private JsonNode? FindTransaction(string id) =>
        Blocks.SelectMany(static block => block.Transactions).FirstOrDefault(transaction => string.Equals((string)transaction!["txid"]!, id, StringComparison.OrdinalIgnoreCase))?.DeepClone();

    private static bool Pays(JsonNode output, string address) => output["addresses"] is JsonArray { Count: 1 } list && string.Equals((string)list[0]!, address, StringComparison.OrdinalIgnoreCase);

    /// <summary>What an address holds: nothing is ever spent in the chains that are told here.</summary>
    private JsonObject Account(string address, string details, int pageSize)
    {
        JsonNode[] transactions = [.. Blocks.Reverse().SelectMany(static block => block.Transactions).Where(transaction => transaction!["vout"]!.AsArray().Any(output => Pays(output!, address)))!];
        BigInteger balance = Blocks.SelectMany(static block => block.Transactions).Where(static transaction => (int?)transaction!["ethereumSpecific"]?["status"] != 0)
            .SelectMany(static transaction => transaction!["vout"]!.AsArray()).Where(output => Pays(output!, address))
            .Aggregate(BigInteger.Zero, static (sum, output) => sum + BigInteger.Parse((string)output!["value"]!, CultureInfo.InvariantCulture));
        JsonObject account = new() { ["address"] = address, ["balance"] = $"{balance}", ["unconfirmedBalance"] = "0", ["unconfirmedTxs"] = 0, ["txs"] = transactions.Length };
        if (!Ethereum)
        {
            account["totalReceived"] = $"{balance}";
            account["totalSent"] = "0";
        }
        else
        {
            account["nonTokenTxs"] = transactions.Length;
            account["nonce"] = "0";
            account["tokens"] = new JsonArray([.. Blocks.SelectMany(static block => block.Transactions).SelectMany(static transaction => transaction!["tokenTransfers"]?.AsArray() ?? [])
                .Where(token => (string)token!["standard"]! == "ERC20" && string.Equals((string)token["to"]!, address, StringComparison.OrdinalIgnoreCase))
                .GroupBy(static token => (string)token!["contract"]!).Select(static group => (JsonNode)new JsonObject
                {
                    ["type"] = "ERC20",
                    ["name"] = "T",
                    ["contract"] = group.Key,
                    ["transfers"] = group.Count(),
                    ["symbol"] = "T",
                    ["decimals"] = 6,
                    ["balance"] = $"{group.Sum(static token => long.Parse((string)token!["value"]!, CultureInfo.InvariantCulture))}",
                })]);
        }

        if (details is "txids" or "txs")
        {
            account["page"] = 1;
            account["totalPages"] = Math.Max(1, (transactions.Length + pageSize - 1) / pageSize);
            account["itemsOnPage"] = pageSize;
            account[details == "txids" ? "txids" : "transactions"] = new JsonArray([.. transactions.Take(pageSize).Select(transaction => details == "txids" ? JsonValue.Create((string)transaction["txid"]!) : transaction.DeepClone())]);
        }

        return account;
    }

    private JsonArray Outputs(string address) => new([.. Blocks.Reverse().SelectMany(block => block.Transactions.SelectMany(transaction => transaction!["vout"]!.AsArray()
        .Where(output => Pays(output!, address)).Select(output => (JsonNode)new JsonObject
        {
            ["txid"] = (string)transaction["txid"]!,
            ["vout"] = (int)output!["n"]!,
            ["value"] = (string)output["value"]!,
            ["height"] = block.Height,
            ["confirmations"] = Blocks[^1].Height - block.Height + 1,
        })))]);
}
