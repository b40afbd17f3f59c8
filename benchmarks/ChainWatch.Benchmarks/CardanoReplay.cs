using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Benchmarks;

/// <summary>An Ogmios server on 127.0.0.1 that gives made blocks as fast as it is asked, from memory, and does nothing else for it.</summary>
internal sealed class CardanoReplay : IDisposable
{
    public const long FirstHeight = 1_000;
    private readonly HttpListener _listener = new();
    private readonly byte[][] _blocks;
    private readonly string _tip;
    private WaitClock _idle = new();
    private WaitClock _stuck = new();
    private long _began;
    private TimeSpan _pace;
    private TimeSpan _processorBefore;

    public CardanoReplay(int blocks, int transactions)
    {
        _blocks = [.. Enumerable.Range(0, blocks).Select(index => MadeCardanoBlock.CreateUpToId(transactions, index, MadeCardanoBlock.HashOf(index + 1), MadeCardanoBlock.HashOf(index), FirstHeight + index, MadeCardanoBlock.Paid))];
        _tip = $"{{\"slot\":999000000,\"id\":\"{MadeCardanoBlock.HashOf(999_999_999)}\",\"height\":99000000}}";
        using (TcpListener free = new(IPAddress.Loopback, 0))
        {
            free.Start();
            Port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}/"));
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{Port}/");

    public long Bytes => _blocks.Sum(static block => (long)block.Length);

    /// <summary>How long it had no request to answer, between its first block and its last.</summary>
    public TimeSpan Idle => _idle.Total;

    /// <summary>How long it had an answer that was not taken from it, between its first block and its last.</summary>
    public TimeSpan Stuck => _stuck.Total;

    /// <summary>When the first block was asked for, as a timestamp of <see cref="Stopwatch"/>.</summary>
    public long Began => Volatile.Read(ref _began);

    /// <summary>The processor time of this process since <see cref="Began"/>.</summary>
    public TimeSpan Processor => Environment.CpuUsage.TotalTime - _processorBefore;

    /// <summary>Counts anew.</summary>
    /// <param name="pace">How long it takes for a block, as a server does that has to read it from a disk; zero for as fast as it can.</param>
    public void Restart(TimeSpan pace) => (_idle, _stuck, _began, _pace) = (new WaitClock(), new WaitClock(), 0, pace);

    public void Dispose() => _listener.Close();

    private async Task AcceptAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _ = ServeAsync((await context.AcceptWebSocketAsync(subProtocol: null)).WebSocket);
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(WebSocket socket)
    {
        byte[] buffer = new byte[16 * 1024];
        int next = -1;
        try
        {
            while (socket.State == WebSocketState.Open)
            {
                ValueTask<ValueWebSocketReceiveResult> receiving = socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                ValueWebSocketReceiveResult received = next > 0 && next < _blocks.Length ? await _idle.AwaitAsync(receiving) : await receiving;
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                (string method, long id) = Read(buffer.AsMemory(0, received.Count));
                if (method == "nextBlock" && next >= 0)
                {
                    // What is asked for beyond the last block has no answer, as at the tip.
                    if (next < _blocks.Length)
                    {
                        if (_began == 0)
                        {
                            _processorBefore = Environment.CpuUsage.TotalTime;
                            Volatile.Write(ref _began, Stopwatch.GetTimestamp());
                        }

                        await KeepPaceAsync(next);
                        await _stuck.AwaitAsync(socket.SendAsync(_blocks[next++].AsMemory(), WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None));
                        await _stuck.AwaitAsync(socket.SendAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"id\":{id}}}")).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None));
                    }

                    continue;
                }

                string result = method switch
                {
                    "nextBlock" => $"{{\"direction\":\"backward\",\"point\":\"origin\",\"tip\":{_tip}}}",
                    "findIntersection" => $"{{\"intersection\":\"origin\",\"tip\":{_tip}}}",
                    "queryNetwork/genesisConfiguration" => "{\"networkMagic\":764824073}",
                    "queryNetwork/startTime" => "\"2017-09-23T21:44:51Z\"",
                    _ => "[]",
                };
                next = method == "nextBlock" ? 0 : next;
                await socket.SendAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"jsonrpc\":\"2.0\",\"result\":{result},\"id\":{id}}}")), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or HttpListenerException or ObjectDisposedException or IOException)
        {
            // The reading is over.
        }
    }

    /// <summary>Waits until a block is due. Time in which nothing was asked for is made up for by nothing.</summary>
    private async ValueTask KeepPaceAsync(int block)
    {
        TimeSpan early = (block * _pace) + Idle - Stopwatch.GetElapsedTime(_began);
        if (early >= TimeSpan.FromMilliseconds(1))
        {
            await Task.Delay(early);
        }
    }

    private static (string Method, long Id) Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return (document.RootElement.GetProperty("method").GetString()!, document.RootElement.GetProperty("id").GetInt64());
    }
}
