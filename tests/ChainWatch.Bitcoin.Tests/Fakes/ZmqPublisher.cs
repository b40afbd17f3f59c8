using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>The publishing side of ZeroMQ's wire protocol, as a node has it, for one subscriber.</summary>
internal sealed class ZmqPublisher : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private TcpClient? _client;

    public ZmqPublisher() => _listener.Start();

    public Uri Address => new($"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>What was subscribed to.</summary>
    public List<string> Topics { get; } = [];

    public ZmqListener CreateListener() => new(1, Address, TimeProvider.System);

    /// <summary>Takes a subscriber, its subscriptions included.</summary>
    public async Task AcceptAsync()
    {
        _client = await _listener.AcceptTcpClientAsync();
        byte[] greeting = new byte[64];
        greeting[0] = 0xFF;
        greeting[9] = 0x7F;
        greeting[10] = 3;
        greeting[11] = 1;
        "NULL"u8.CopyTo(greeting.AsSpan(12));
        await SendAsync(greeting);
        byte[] peer = await ReadAsync(64);
        (peer[0], peer[9], peer[10]).ShouldBe(((byte)0xFF, (byte)0x7F, (byte)3));
        Encoding.ASCII.GetString(peer, 12, 4).ShouldBe("NULL");
        byte[] ready = await ReadFrameAsync(flags: 4);
        Encoding.ASCII.GetString(ready, 1, 5).ShouldBe("READY");
        Encoding.ASCII.GetString(ready, 7, 11).ShouldBe("Socket-Type");
        Encoding.ASCII.GetString(ready, 22, 3).ShouldBe("SUB");
        await SendAsync([4, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "PUB"u8]);
        for (int i = 0; i < 2; i++)
        {
            byte[] subscription = await ReadFrameAsync(flags: 0);
            subscription[0].ShouldBe((byte)1);
            Topics.Add(Encoding.ASCII.GetString(subscription, 1, subscription.Length - 1));
        }
    }

    /// <summary>Takes a connection, answers bytes, and closes it.</summary>
    public async Task AcceptRawAsync(byte[] answer)
    {
        _client = await _listener.AcceptTcpClientAsync();
        await SendAsync(answer);
        await ReadAsync(64);
        _client.Client.Shutdown(SocketShutdown.Both);
        _client.Dispose();
    }

    public Task PublishAsync(string topic, byte[] body, uint counter) =>
        SendAsync([1, (byte)topic.Length, .. Encoding.ASCII.GetBytes(topic), 1, (byte)body.Length, .. body, 0, 4, .. BitConverter.GetBytes(counter)]);

    public async Task SendAsync(byte[] bytes) => await _client!.GetStream().WriteAsync(bytes);

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<byte[]> ReadFrameAsync(byte flags)
    {
        byte[] head = await ReadAsync(2);
        head[0].ShouldBe(flags);
        return await ReadAsync(head[1]);
    }

    private async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        await _client!.GetStream().ReadExactlyAsync(bytes);
        return bytes;
    }
}
