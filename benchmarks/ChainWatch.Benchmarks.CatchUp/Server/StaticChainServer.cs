using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>
/// An HTTP server of the made-up chain, small enough to cost little beside what is measured: HTTP/1.1 with Content-Length, JSON-RPC and nothing else, and WebSocket for
/// newHeads.
/// </summary>
internal sealed class StaticChainServer : IDisposable
{
    private readonly ChainAnswers _answers;
    private readonly TimeSpan _delay;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _subscribers = [];
    private readonly List<(long Height, long Ticks)> _announced = [];
    private long _requests;
    private long _sent;

    public StaticChainServer(ChainAnswers answers, TimeSpan delay)
    {
        _answers = answers;
        _delay = delay;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async Task RunAsync()
    {
        while (true)
        {
            var connection = await _listener.AcceptAsync();
            connection.NoDelay = true;
            _ = ServeAsync(connection);
        }
    }

    /// <summary>Lets the head move on, and tells who subscribed.</summary>
    public void Advance()
    {
        var height = _answers.Head + 1;
        _answers.Head = height;
        Output frame = new();
        var message = new Output();
        message.Write("""{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":""");
        _answers.WriteHeader(message, height);
        message.Write("}}");
        WriteFrame(frame, message.Span);
        lock (_subscribers)
        {
            _announced.Add((height, Stopwatch.GetTimestamp()));
            // Who is gone is not told again: the programs that are measured come one after the other.
            _subscribers.RemoveAll(subscriber => !TrySend(subscriber, frame.Span));
        }
    }

    public void Dispose() => _listener.Dispose();

    private static bool TrySend(Socket subscriber, ReadOnlySpan<byte> frame)
    {
        try
        {
            subscriber.Send(frame);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        Output output = new();
        try
        {
            while (true)
            {
                int end;
                while ((end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
                {
                    var read = await connection.ReceiveAsync(buffer.AsMemory(filled));
                    if (read == 0)
                    {
                        return;
                    }

                    filled += read;
                }

                var body = end + 4;
                var length = ContentLength(buffer.AsSpan(0, end));
                if (WebSocketKey(buffer.AsSpan(0, end)) is { } key)
                {
                    await ServeWebSocketAsync(connection, key);
                    return;
                }

                if (buffer.Length < body + length)
                {
                    Array.Resize(ref buffer, body + length + 4096);
                }

                while (filled < body + length)
                {
                    var read = await connection.ReceiveAsync(buffer.AsMemory(filled));
                    if (read == 0)
                    {
                        return;
                    }

                    filled += read;
                }

                if (_delay > TimeSpan.Zero)
                {
                    await Task.Delay(_delay);
                }

                output.Length = 0;
                // Room for a head of fixed width before the body.
                const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
                output.Take(Head.Length + 10 + 4);
                WriteBody(buffer.AsSpan(body, length), output);
                var answer = output.Length - (Head.Length + 14);
                Encoding.ASCII.GetBytes(Head + answer.ToString("d10", CultureInfo.InvariantCulture) + "\r\n\r\n", output.Span);
                Interlocked.Increment(ref _requests);
                Interlocked.Add(ref _sent, output.Length);
                var rest = output.Slice(0);
                while (rest.Length > 0)
                {
                    rest = rest[await connection.SendAsync(rest)..];
                }

                buffer.AsSpan(body + length, filled - body - length).CopyTo(buffer);
                filled -= body + length;
            }
        }
        catch (SocketException)
        {
            // The client is gone.
        }
        finally
        {
            connection.Dispose();
        }
    }

    private void WriteBody(ReadOnlySpan<byte> request, Output output)
    {
        if (request.IndexOf("\"bench_counters\""u8) >= 0)
        {
            output.Write($$"""{"requests":{{Volatile.Read(ref _requests)}},"calls":{{_answers.Calls}},"bytes":{{Volatile.Read(ref _sent)}},"cpu":{{Process.GetCurrentProcess().TotalProcessorTime.TotalMilliseconds.ToString("f0", CultureInfo.InvariantCulture)}}}""");
        }
        else if (request.IndexOf("\"bench_announced\""u8) >= 0)
        {
            lock (_subscribers)
            {
                output.Write("[" + string.Join(',', _announced.Select(static one => string.Create(CultureInfo.InvariantCulture, $"[{one.Height},{one.Ticks}]"))) + "]");
                _announced.Clear();
            }
        }
        else
        {
            _answers.Answer(request, output);
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "The handshake of WebSocket is defined with it.")]
    private async Task ServeWebSocketAsync(Socket connection, string key)
    {
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));
        var buffer = new byte[64 * 1024];
        var filled = 0;
        while (true)
        {
            var read = await connection.ReceiveAsync(buffer.AsMemory(filled));
            if (read == 0)
            {
                return;
            }

            filled += read;
            while (TryTakeFrame(buffer, ref filled, out var operation, out var payload))
            {
                Output frame = new();
                if (operation == 1)
                {
                    var id = payload.AsSpan(payload.AsSpan().IndexOf("\"id\":"u8) + 5);
                    WriteFrame(frame, Encoding.ASCII.GetBytes("{\"jsonrpc\":\"2.0\",\"id\":" + Encoding.ASCII.GetString(id[..id.IndexOfAny(",}"u8)]) + ",\"result\":\"0x1\"}"));
                    await connection.SendAsync(frame.Slice(0));
                    lock (_subscribers)
                    {
                        _subscribers.Add(connection);
                    }
                }
                else if (operation == 9)
                {
                    frame.Write([0x8a, (byte)payload.Length]);
                    frame.Write(payload);
                    await connection.SendAsync(frame.Slice(0));
                }
            }
        }
    }

    private static bool TryTakeFrame(byte[] buffer, ref int filled, out int operation, out byte[] payload)
    {
        operation = 0;
        payload = [];
        if (filled < 6)
        {
            return false;
        }

        var length = buffer[1] & 0x7f;
        var head = 2;
        if (length == 126)
        {
            length = (buffer[2] << 8) | buffer[3];
            head = 4;
        }

        if (filled < head + 4 + length)
        {
            return false;
        }

        operation = buffer[0] & 0xf;
        payload = new byte[length];
        for (var index = 0; index < length; index++)
        {
            payload[index] = (byte)(buffer[head + 4 + index] ^ buffer[head + (index % 4)]);
        }

        var whole = head + 4 + length;
        buffer.AsSpan(whole, filled - whole).CopyTo(buffer);
        filled -= whole;
        return true;
    }

    private static void WriteFrame(Output frame, ReadOnlySpan<byte> message)
    {
        frame.Write([0x81]);
        frame.Write(message.Length < 126 ? [(byte)message.Length] : [126, (byte)(message.Length >> 8), (byte)message.Length]);
        frame.Write(message);
    }

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var text = Encoding.ASCII.GetString(head);
        var at = text.IndexOf("content-length:", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? 0 : int.Parse(text.AsSpan(at + 15, text.IndexOf('\r', at) is var end && end < 0 ? text.Length - at - 15 : end - at - 15), CultureInfo.InvariantCulture);
    }

    private static string? WebSocketKey(ReadOnlySpan<byte> head)
    {
        var text = Encoding.ASCII.GetString(head);
        var at = text.IndexOf("sec-websocket-key:", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : text[(at + 18)..(text.IndexOf('\r', at) is var end && end < 0 ? text.Length : end)].Trim();
    }
}
