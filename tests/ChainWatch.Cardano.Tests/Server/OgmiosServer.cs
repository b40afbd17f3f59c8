using System.Globalization;
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

namespace ChainWatch.Cardano.Tests;

/// <summary>
/// An Ogmios server on 127.0.0.1 that serves made blocks and behaves as the documentation says, faults included: a place in the chain for each connection, blocks and state queries in queues of their own. It is proved with
/// the vendor's own client (<see cref="VendorClientTests"/>).
/// </summary>
internal sealed class OgmiosServer : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<OgmiosServerConnection> _connections = [];
    private readonly List<string> _requests = [];
    private readonly WebApplication _app;
    private List<FakeBlock> _chain;
    private TaskCompletionSource _changed = New();

    private OgmiosServer(IEnumerable<FakeBlock> chain)
    {
        _chain = [.. chain];
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(ServeAsync);
    }

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public string WebSocketUrl => Address.Replace("http://", "ws://", StringComparison.Ordinal);

    public long Magic { get; set; } = 1;

    /// <summary>Leaves out what JSON-RPC does not ask for, as with --strict-rpc.</summary>
    public bool Strict { get; set; }

    /// <summary>False keeps every request without an answer.</summary>
    public bool Answers { get; set; } = true;

    /// <summary>False keeps requests for blocks without an answer.</summary>
    public bool GivesBlocks { get; set; } = true;

    /// <summary>Changes the text of an answer before it is sent; <see langword="null"/> sends none.</summary>
    public Func<string, string, string?>? Change { get; set; }

    /// <summary>Gives a step of the chain that comes after a block, besides those of the chain itself; it is told the server's tip as a property.</summary>
    public Func<FakeBlock, string, string?>? Inject { get; set; }

    /// <summary>Runs before a request is served; an error that it returns is the answer.</summary>
    public Func<OgmiosServerConnection, string, (int Code, string Text)?>? Before { get; set; }

    /// <summary>With what status a request is refused that would open a connection; <see langword="null"/> lets it in.</summary>
    public Func<HttpRequest, int?>? Refuses { get; set; }

    /// <summary>What is said with a refusal, in seconds.</summary>
    public string? RetryAfter { get; set; }

    /// <summary>How many requests were refused.</summary>
    public int Attempts { get; private set; }

    /// <summary>How many connections there were.</summary>
    public int Connected { get; private set; }

    /// <summary>The methods of all requests.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>The most requests for blocks that were open at once on a connection.</summary>
    public int MostOpen { get; set; }

    /// <summary>After the first few blocks none is given until as many requests were open at once: however fast this server is, it then sees how many a client sends ahead.</summary>
    public int PausesUntilOpen { get; set; }

    /// <summary>The points of the last findIntersection.</summary>
    public JsonArray? Offered { get; set; }

    public Lock Gate => _lock;

    public IReadOnlyList<FakeBlock> Chain
    {
        get
        {
            lock (_lock)
            {
                return _chain;
            }
        }
    }

    public FakeBlock Tip => Chain[^1];

    public static async Task<OgmiosServer> StartAsync(IEnumerable<FakeBlock> chain)
    {
        OgmiosServer server = new(chain);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Continues the chain with blocks, instead of those that stand from there on.</summary>
    public void Replace(IReadOnlyList<FakeBlock> blocks)
    {
        lock (_lock)
        {
            List<FakeBlock> kept = [.. _chain.TakeWhile(block => block.Point.Height < blocks[0].Point.Height), .. blocks];
            _chain = kept;
            Signal();
        }
    }

    /// <summary>Takes the newest blocks away.</summary>
    public void Shorten(int count)
    {
        lock (_lock)
        {
            _chain = [.. _chain.Take(_chain.Count - count)];
            Signal();
        }
    }

    public void Saw(string method)
    {
        lock (_lock)
        {
            _requests.Add(method);
        }
    }

    public void Signal()
    {
        lock (_lock)
        {
            _changed.TrySetResult();
            _changed = New();
        }
    }

    /// <summary>Completes when the chain changes. Take it before looking at the chain.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Ends all connections, as a server does that loses its node.</summary>
    public async Task CloseAllAsync(string reason = "")
    {
        foreach (OgmiosServerConnection connection in Open())
        {
            await connection.CloseAsync(reason);
        }
    }

    /// <summary>Breaks all connections without a word.</summary>
    public void BreakAll()
    {
        foreach (OgmiosServerConnection connection in Open())
        {
            connection.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        BreakAll();
        Signal();
        await _app.DisposeAsync();
    }

    /// <summary>The outputs that stand at a point, by addresses.</summary>
    public JsonArray Utxo(FakeBlock at, IReadOnlyCollection<string> addresses)
    {
        JsonArray result = [];
        for (FakeBlock? block = at; block is not null; block = block.Parent)
        {
            foreach (FakeTransaction transaction in block.Transactions)
            {
                for (int index = 0; index < transaction.Outputs.Length; index++)
                {
                    if (addresses.Contains(transaction.Outputs[index].Address))
                    {
                        JsonObject output = JsonNode.Parse(transaction.Outputs[index].ToJson())!.AsObject();
                        output["transaction"] = new JsonObject { ["id"] = transaction.Id.ToString() };
                        output["index"] = index;
                        result.Add(output);
                    }
                }
            }
        }

        return result;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OgmiosServerConnection[] Open()
    {
        lock (_lock)
        {
            return [.. _connections];
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (Refuses?.Invoke(context.Request) is { } status)
        {
            Attempts++;
            context.Response.StatusCode = status;
            if (RetryAfter is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds;
            }

            await context.Response.WriteAsync("<html>the key is k-secret</html>");
            return;
        }

        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"startTime\":\"2024-01-01T00:00:00Z\",\"lastKnownTip\":{{\"slot\":{Tip.Point.Slot},\"id\":\"{Tip.Point.Hash}\",\"height\":{Tip.Point.Height}}},\"lastTipUpdate\":\"2024-01-01T00:00:00Z\",\"networkSynchronization\":1,\"currentEra\":\"conway\",\"connectionStatus\":\"connected\",\"version\":\"v6.14.0\",\"network\":\"preprod\"}}"));
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        using OgmiosServerConnection connection = new(this, socket);
        lock (_lock)
        {
            _connections.Add(connection);
            Connected++;
        }

        try
        {
            await connection.ServeAsync();
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is over.
        }
        finally
        {
            lock (_lock)
            {
                _connections.Remove(connection);
            }
        }
    }
}
