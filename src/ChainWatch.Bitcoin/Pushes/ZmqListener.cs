using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace ChainWatch.Bitcoin;

/// <summary>
/// Subscribes to what a node publishes by ZeroMQ: <c>hashblock</c>, and blocks that come and go in <c>sequence</c>. Messages may be lost on the way, which their numbers show; then it counts as news too.
/// </summary>
/// <remarks>The wire protocol is ZMTP 3.0 (rfc.zeromq.org/spec/23) without security, of which a subscriber needs little. Bodies: Bitcoin Core <c>doc/zmq.md</c>.</remarks>
internal sealed class ZmqListener : ITipListener
{
    private const int GreetingLength = 64;
    private const int MechanismAt = 12;
    private const byte More = 1;
    private const byte Long = 2;
    private const byte Command = 4;
    private const long LargestFrame = 64 * 1024;
    private const int SequenceLabelAt = 32;
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(60);

    private readonly Func<CancellationToken, Task<Stream>> _connect;
    private readonly TimeProvider _time;

    /// <param name="number">Its number in the configuration, from 1.</param>
    /// <param name="address">Where the node publishes.</param>
    /// <param name="timeProvider">The clock that a silent connection is replaced by.</param>
    public ZmqListener(int number, Uri address, TimeProvider timeProvider)
        : this($"Zmq number {number}", cancellation => ConnectAsync(address, cancellation), timeProvider)
    {
    }

    /// <param name="name">Its name for the log.</param>
    /// <param name="connect">Opens a connection.</param>
    /// <param name="timeProvider">The clock that a silent connection is replaced by.</param>
    public ZmqListener(string name, Func<CancellationToken, Task<Stream>> connect, TimeProvider timeProvider)
    {
        Name = name;
        _connect = connect;
        _time = timeProvider;
    }

    public string Name { get; }

    public async Task ListenAsync(Action<ChainPoint?> announce, CancellationToken cancellationToken)
    {
        await using Stream stream = await _connect(cancellationToken);
        await GreetAsync(stream, cancellationToken);

        // What happened while nobody listened is not told.
        announce(null);
        Dictionary<string, uint> counters = new(StringComparer.Ordinal);
        List<byte[]> parts = [];
        while (true)
        {
            using CancellationTokenSource silence = new(Silence, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
            (byte flags, byte[] body) = await ReadFrameAsync(stream, either.Token);
            if ((flags & Command) != 0)
            {
                continue;
            }

            parts.Add(body);
            if (parts.Count > 8)
            {
                throw new IOException("a message has too many parts");
            }

            if ((flags & More) == 0)
            {
                if (IsNews(parts, counters))
                {
                    announce(null);
                }

                parts.Clear();
            }
        }
    }

    /// <summary>True for a message about a block, and for one before which others were lost.</summary>
    internal static bool IsNews(IReadOnlyList<byte[]> parts, Dictionary<string, uint> counters)
    {
        if (parts.Count < 2)
        {
            return false;
        }

        string topic = Encoding.ASCII.GetString(parts[0]);
        bool lost = false;
        if (parts.Count > 2 && parts[2].Length == sizeof(uint))
        {
            uint counter = BinaryPrimitives.ReadUInt32LittleEndian(parts[2]);
            lost = counters.TryGetValue(topic, out uint before) && counter != unchecked(before + 1);
            counters[topic] = counter;
        }

        return lost || topic switch
        {
            "hashblock" => true,
            // C: a block was connected; D: one was disconnected. A and R are about the pool of transactions.
            "sequence" => parts[1].Length > SequenceLabelAt && parts[1][SequenceLabelAt] is (byte)'C' or (byte)'D',
            _ => false,
        };
    }

    private static async Task<Stream> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // Blocks are minutes apart, and a connection that a firewall forgot looks just like that.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(address.DnsSafeHost, address.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task GreetAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] greeting = new byte[GreetingLength];
        greeting[0] = 0xFF;
        greeting[9] = 0x7F;
        greeting[10] = 3;
        "NULL"u8.CopyTo(greeting.AsSpan(MechanismAt));
        await stream.WriteAsync(greeting, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        byte[] peer = new byte[GreetingLength];
        await ReadExactlyAsync(stream, peer, cancellationToken);
        if (peer[0] != 0xFF || (peer[9] & 1) == 0 || peer[10] < 3)
        {
            throw new IOException("the other side does not speak ZeroMQ's protocol 3");
        }

        if (!peer.AsSpan(MechanismAt, 20).TrimEnd((byte)0).SequenceEqual("NULL"u8))
        {
            throw new IOException("the other side wants security (CURVE, PLAIN), which nodes do not have");
        }

        byte[] ready = [Command, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "SUB"u8];
        await stream.WriteAsync(ready, cancellationToken);
        foreach (string topic in (string[])["hashblock", "sequence"])
        {
            byte[] subscribe = [0, (byte)(1 + topic.Length), 1, .. Encoding.ASCII.GetBytes(topic)];
            await stream.WriteAsync(subscribe, cancellationToken);
        }

        await stream.FlushAsync(cancellationToken);
        (byte flags, byte[] body) = await ReadFrameAsync(stream, cancellationToken);
        if ((flags & Command) == 0 || body.Length < 6 || body[0] != 5 || !body.AsSpan(1).StartsWith("READY"u8))
        {
            throw new IOException("the other side did not say that it is ready");
        }
    }

    private static async Task<(byte Flags, byte[] Body)> ReadFrameAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] head = new byte[9];
        await ReadExactlyAsync(stream, head.AsMemory(0, 2), cancellationToken);
        long length = head[1];
        if ((head[0] & Long) != 0)
        {
            await ReadExactlyAsync(stream, head.AsMemory(2, 7), cancellationToken);
            length = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(1));
        }

        if (length is < 0 or > LargestFrame)
        {
            throw new IOException("a message is larger than any that was subscribed to");
        }

        byte[] body = new byte[length];
        await ReadExactlyAsync(stream, body, cancellationToken);
        return (head[0], body);
    }

    private static async Task ReadExactlyAsync(Stream stream, Memory<byte> into, CancellationToken cancellationToken)
    {
        try
        {
            await stream.ReadExactlyAsync(into, cancellationToken);
        }
        catch (EndOfStreamException exception)
        {
            throw new IOException("the other side closed the connection", exception);
        }
    }
}
