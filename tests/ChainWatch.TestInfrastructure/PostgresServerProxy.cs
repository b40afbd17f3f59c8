using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ChainWatch.TestInfrastructure;

/// <summary>
/// Stands between a client and a <see cref="PostgresServer"/>, counts how often they take turns, and breaks the connection at a turn that a test chooses: before the
/// server has got the request, or after it has acted on it and before the client has got the answer.
/// </summary>
public sealed class PostgresServerProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private volatile int _serverPort;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Task> _tasks = [];
    private int _exchanges;
    private int _cutAt;
    private bool _cutRequest;

    private PostgresServerProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _tasks.Add(AcceptAsync());
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many times a client has sent something after the server had its turn.</summary>
    public int Exchanges
    {
        get
        {
            lock (_lock)
            {
                return _exchanges;
            }
        }
    }

    /// <summary>Whether the connection was broken as asked for.</summary>
    public bool HasCut
    {
        get
        {
            lock (_lock)
            {
                return _cutAt == 0;
            }
        }
    }

    /// <summary>Starts a proxy before a server.</summary>
    public static PostgresServerProxy Start(PostgresServer server) => new(server.Port);

    /// <summary>The connection string with which a client goes through the proxy.</summary>
    public string Through(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = Port }.ConnectionString;

    /// <summary>Lets connections that come from now on meet another server, as a name does that is given to a replica.</summary>
    public void LeadTo(PostgresServer server) => _serverPort = server.Port;

    /// <summary>Breaks the connection once, at the n-th exchange from now.</summary>
    /// <param name="exchange">From 1; 0 for never.</param>
    /// <param name="request">True: the server does not get the request. False: it does, and the client does not get the answer.</param>
    public void CutAt(int exchange, bool request)
    {
        lock (_lock)
        {
            _exchanges = 0;
            _cutAt = exchange;
            _cutRequest = request;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Task[] tasks;
        lock (_lock)
        {
            tasks = [.. _tasks];
        }

        await Task.WhenAll(tasks);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync(_stop.Token);
                lock (_lock)
                {
                    _tasks.Add(ServeAsync(client));
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy ends.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        await Task.Yield();
        using (client)
        {
            using Socket server = new(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                client.NoDelay = true;
                server.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _stop.Token);
                Turn turn = new();
                await Task.WhenAny(PumpAsync(client, server, turn, fromClient: true), PumpAsync(server, client, turn, fromClient: false));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // One side is gone, and the other one goes with it.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Turn turn, bool fromClient)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                int length = await from.ReceiveAsync(buffer, _stop.Token);
                if (length == 0 || IsCut(turn, fromClient))
                {
                    return;
                }

                await to.SendAsync(buffer.AsMemory(0, length), _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side is gone, and the other one goes with it.
        }
    }

    private bool IsCut(Turn turn, bool fromClient)
    {
        lock (_lock)
        {
            if (fromClient && turn.IsServers)
            {
                _exchanges++;
            }

            turn.IsServers = !fromClient;
            if (_cutAt == 0 || _exchanges < _cutAt || fromClient != _cutRequest)
            {
                return false;
            }

            _cutAt = 0;
            return true;
        }
    }

    private sealed class Turn
    {
        public bool IsServers { get; set; } = true;
    }
}
