using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace ChainWatch.Cardano;

/// <summary>
/// One open WebSocket to a server, which keeps one place in the chain for it. It reads all the time and waits for nobody, so that pings are answered; what bounds its memory is that no more blocks come than were
/// asked for. Blocks come in the order in which they were asked for; other answers are matched by id, and may come between them.
/// </summary>
internal sealed class OgmiosConnection : IDisposable
{
    /// <summary>How many blocks are handed over at once at most: while they are worked on, the next ones are read.</summary>
    private const int MostAtOnce = 16;

    private readonly EndpointClient _client;
    private readonly WebSocket _socket;
    private readonly MessageReader _reader = new();
    private readonly Channel<OgmiosMessage> _blocks = Channel.CreateUnbounded<OgmiosMessage>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly List<OgmiosMessage> _ready = [];
    private readonly Lock _lock = new();
    private readonly Queue<long> _askedBlocks = new();
    private readonly Dictionary<long, TaskCompletionSource<OgmiosMessage>> _pending = [];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private EndpointError? _end;
    private long _lastId;

    private OgmiosConnection(EndpointClient client, WebSocket socket)
    {
        _client = client;
        _socket = socket;
    }

    /// <summary>The answers to <see cref="AskBlocksAsync"/>. It ends with an <see cref="EndpointException"/>.</summary>
    public ChannelReader<OgmiosMessage> Blocks => _blocks.Reader;

    /// <summary>Runs when the connection has ended, whatever ended it.</summary>
    public Action<OgmiosConnection>? Ended { get; init; }

    /// <summary>Opens a connection.</summary>
    /// <exception cref="EndpointException">It could not be opened.</exception>
    public static async ValueTask<OgmiosConnection> OpenAsync(EndpointClient client, Action<OgmiosConnection> ended, CancellationToken cancellationToken)
    {
        OgmiosConnection connection = new(client, await client.ConnectWebSocketAsync(cancellationToken)) { Ended = ended };

        // It runs beside its users and ends by itself; all that can go wrong in it is handled in it.
        _ = connection.ReceiveAsync();
        return connection;
    }

    /// <summary>Asks for the next blocks.</summary>
    /// <exception cref="EndpointException">The connection ended.</exception>
    public async ValueTask AskBlocksAsync(int count, CancellationToken cancellationToken)
    {
        for (; count > 0; count--)
        {
            long id;
            lock (_lock)
            {
                ThrowIfEnded();
                id = ++_lastId;
                _askedBlocks.Enqueue(id);
            }

            await SendAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"jsonrpc":"2.0","method":"nextBlock","id":{{id}}}""")), cancellationToken);
        }
    }

    /// <summary>Asks, and waits for the answer, whatever it is.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parameters">Its parameters as a JSON object; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="EndpointException">The connection ended.</exception>
    public async ValueTask<OgmiosMessage> AskAsync(string method, string? parameters, CancellationToken cancellationToken)
    {
        TaskCompletionSource<OgmiosMessage> pending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long id;
        lock (_lock)
        {
            ThrowIfEnded();
            id = ++_lastId;
            _pending.Add(id, pending);
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(() => pending.TrySetCanceled(cancellationToken));
        try
        {
            string with = parameters is null ? "" : $",\"params\":{parameters}";
            await SendAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\"{with},\"id\":{id}}}")), cancellationToken);
            return await pending.Task;
        }
        catch
        {
            lock (_lock)
            {
                _pending.Remove(id);
            }

            // An answer that came while its request was given up is of no use to anybody.
            if (pending.Task.IsCompletedSuccessfully)
            {
                (await pending.Task).Dispose();
            }

            throw;
        }
    }

    /// <summary>Ends the connection, and gives back what nobody took.</summary>
    public void Dispose()
    {
        End(new EndpointError { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{_client.Name}': the connection was closed" });
        while (_blocks.Reader.TryRead(out OgmiosMessage? message))
        {
            message.Dispose();
        }
    }

    /// <summary>Ends the connection for whoever uses it: what has come already can still be taken.</summary>
    public void Break() => End(new EndpointError { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{_client.Name}': the connection was given up for a new one" });

    private void ThrowIfEnded()
    {
        if (_end is not null)
        {
            throw new EndpointException(_end);
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _ended.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            End(OgmiosErrors.ToError(_client, _socket.CloseStatusDescription));
            throw new EndpointException(_end!, exception);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        EndpointError? end = null;
        int expected = 0;
        try
        {
            while (true)
            {
                using WebSocketStream stream = WebSocketStream.CreateReadableMessageStream(_socket);
                ValueTask<PooledBytes?> reading = PooledBytes.ReadAsync(stream, Math.Min(expected, _client.MaxResponseBytes), _client.MaxResponseBytes, _ended.Token);
                if (!reading.IsCompleted || _ready.Count >= MostAtOnce)
                {
                    // To wake who waits costs more than to read a block, so it is done once for all that has come.
                    HandOver();
                }

                PooledBytes? body = await reading;
                if (body is null)
                {
                    end = new EndpointError
                    {
                        Kind = EndpointErrorKind.RangeTooLarge,
                        Message = $"endpoint '{_client.Name}': a message is larger than {_client.MaxResponseBytes} bytes (MaxResponseBytes)",
                    };
                    break;
                }

                if (body.Length == 0 && _socket.State != WebSocketState.Open)
                {
                    body.Dispose();
                    break;
                }

                // Blocks are of a size for a while: a buffer of that size need not grow.
                expected = ((expected * 3) + (body.Length * 5 / 4)) / 4;
                Take(_reader.Read(body));
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The end is told below, to all who still wait.
        }
        catch (JsonException)
        {
            end = OgmiosErrors.Refused(_client, "message", "a message is no JSON").Error;
        }
        catch (CardanoFormatException exception)
        {
            end = OgmiosErrors.Refused(_client, "message", exception.Message).Error;
        }

        HandOver();
        End(end ?? OgmiosErrors.ToError(_client, _socket.CloseStatusDescription));
    }

    private void HandOver()
    {
        foreach (OgmiosMessage message in _ready)
        {
            if (!_blocks.Writer.TryWrite(message))
            {
                message.Dispose();
            }
        }

        _ready.Clear();
    }

    private void Take(OgmiosMessage message)
    {
        TaskCompletionSource<OgmiosMessage>? pending = null;
        bool isBlock = false;
        bool isEarly = false;
        lock (_lock)
        {
            if (message.Id is { } id && !_pending.Remove(id, out pending))
            {
                isBlock = _askedBlocks.TryPeek(out long next) && next == id && _askedBlocks.TryDequeue(out _);
                isEarly = !isBlock && _askedBlocks.Contains(id);
            }
        }

        if (isBlock)
        {
            _ready.Add(message);
            return;
        }

        if (pending?.TrySetResult(message) == true)
        {
            return;
        }

        using (message)
        {
            if (message.Id is null && message.Kind == MessageKind.Error)
            {
                throw new CardanoFormatException(OgmiosErrors.ToError(_client, "a request", message).Message);
            }

            if (isEarly)
            {
                throw new CardanoFormatException("blocks came in another order than they were asked for");
            }
        }
    }

    private void End(EndpointError error)
    {
        TaskCompletionSource<OgmiosMessage>[] pending;
        lock (_lock)
        {
            if (_end is not null)
            {
                return;
            }

            _end = error;
            pending = [.. _pending.Values];
            _pending.Clear();
        }

        Ended?.Invoke(this);
        _ended.Cancel();
        _socket.Abort();
        _socket.Dispose();
        _blocks.Writer.TryComplete(new EndpointException(error));
        foreach (TaskCompletionSource<OgmiosMessage> one in pending)
        {
            one.TrySetException(new EndpointException(error));
        }
    }
}
