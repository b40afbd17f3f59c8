using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// A network path to a node that can break as a firewall breaks it: no packet passes any more, neither of the connections that there are nor of new ones, and nobody is told.
/// </summary>
internal sealed class HalfOpenLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _port;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly Task _accepting;
    private volatile bool _broken;

    public HalfOpenLink(string url)
    {
        _port = new Uri(url).Port;
        _listener.Start();
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        WebSocketUrl = string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{port}");
        _accepting = AcceptAsync();
    }

    public string Url { get; }

    public string WebSocketUrl { get; }

    public void Break() => _broken = true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                _sockets.AddRange([client, server]);
                if (!_broken)
                {
                    await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                }

                _ = PumpAsync(client, server);
                _ = PumpAsync(server, client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var length = await from.ReceiveAsync(buffer, _stop.Token);
                if (length == 0)
                {
                    if (!_broken)
                    {
                        to.Shutdown(SocketShutdown.Send);
                    }

                    return;
                }

                if (_broken)
                {
                    continue;
                }

                await to.SendAsync(buffer.AsMemory(0, length), _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side is gone.
        }
    }
}
