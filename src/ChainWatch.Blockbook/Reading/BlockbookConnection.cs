using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace ChainWatch.Blockbook;

/// <summary>
/// One open WebSocket: requests with their answers matched by id, in whatever order they come, and the announcements of new blocks between them. It reads all the time and waits for
/// nobody: a server that finds five hundred answers waiting closes the connection.
/// </summary>
/// <remarks>
/// An id must be a JSON string, or the server closes the connection. Announcements come with the id of their subscription, so no request ever has that id. A method that the server does not
/// know is not answered at all.
/// </remarks>
internal sealed class BlockbookConnection : IDisposable
{
    private static readonly byte[] Subscribe = """{"id":"new-block","method":"subscribeNewBlock","params":{}}"""u8.ToArray();

    private readonly EndpointClient _client;
    private readonly WebSocket _socket;
    private readonly NewBlockFeed _feed;
    private readonly Action<ChainPoint> _announced;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, TaskCompletionSource<ServerAnswer>> _pending = [];
    private readonly HashSet<string> _accounts = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private EndpointError? _end;
    private TaskCompletionSource? _unused;
    private int _users;
    private long _lastId;

    private BlockbookConnection(EndpointClient client, WebSocket socket, NewBlockFeed feed, Action<ChainPoint> announced)
    {
        _client = client;
        _socket = socket;
        _feed = feed;
        _announced = announced;
    }

    /// <summary>True until the connection ends, for whatever reason.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return _end is null;
            }
        }
    }

    /// <summary>Opens a connection, and asks for the announcements.</summary>
    public static async ValueTask<BlockbookConnection> OpenAsync(EndpointClient client, NewBlockFeed feed, Action<ChainPoint> announced, CancellationToken cancellationToken)
    {
        WebSocket socket = await client.ConnectWebSocketAsync(cancellationToken);
        BlockbookConnection connection = new(client, socket, feed, announced);

        // It runs beside its users and ends by itself; all that can go wrong in it is handled in it.
        _ = connection.ReceiveAsync();
        try
        {
            await connection.SendAsync(Subscribe, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>True when the account of this address may still be asked over this connection.</summary>
    public bool MayAskAccount(string address)
    {
        lock (_lock)
        {
            return _accounts.Contains(address) || (_accounts.Count < PublicLimits.AccountsOfConnection && _accounts.Add(address));
        }
    }

    /// <summary>Says that somebody is about to ask over this connection, until <see cref="Release"/>.</summary>
    public void Use()
    {
        lock (_lock)
        {
            _users++;
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            if (--_users == 0)
            {
                _unused?.TrySetResult();
                _unused = null;
            }
        }
    }

    /// <summary>Completes when nobody waits for an answer over this connection any more. Nobody may begin to use it meanwhile.</summary>
    public Task WhenUnusedAsync()
    {
        lock (_lock)
        {
            return _users == 0 ? Task.CompletedTask : (_unused ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parameters">Its parameters, as a JSON object.</param>
    /// <param name="cancellationToken">Ends the waiting: nothing else does where the server does not answer.</param>
    /// <exception cref="EndpointException">The connection ended.</exception>
    public async ValueTask<ServerAnswer> AskAsync(string method, string parameters, CancellationToken cancellationToken)
    {
        TaskCompletionSource<ServerAnswer> pending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long id;
        lock (_lock)
        {
            if (_end is not null)
            {
                throw new EndpointException(_end);
            }

            id = ++_lastId;
            _pending.Add(id, pending);
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(() => pending.TrySetCanceled(cancellationToken));
        try
        {
            await SendAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"{id}\",\"method\":\"{method}\",\"params\":{parameters}}}")), cancellationToken);
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

    public void Dispose() => End(EndOf("the connection was closed"));

    private EndpointError EndOf(string what, EndpointErrorKind kind = EndpointErrorKind.Transient) => new() { Kind = kind, Message = $"endpoint '{_client.Name}': {what}" };

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            // A message that is cut off would break the connection for all, so only its end ends it.
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _ended.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            End(EndOf("the connection ended"));
            throw new EndpointException(_end!, exception);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        EndpointError end = EndOf("the connection ended");
        try
        {
            while (true)
            {
                using WebSocketStream stream = WebSocketStream.CreateReadableMessageStream(_socket);
                PooledBytes? body = await PooledBytes.ReadAsync(stream, sizeHint: null, _client.MaxResponseBytes, _ended.Token);
                if (body is null)
                {
                    end = EndOf($"a message is larger than {_client.MaxResponseBytes} bytes (MaxResponseBytes)", EndpointErrorKind.RangeTooLarge);
                    break;
                }

                if (body.Length == 0 && _socket.State != WebSocketState.Open)
                {
                    body.Dispose();
                    break;
                }

                Take(body);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The end is told below, to all who still wait.
        }
        catch (AnswerFormatException)
        {
            end = EndOf("a message is not of the protocol's shape");
        }

        if (_socket.CloseStatusDescription is { Length: > 0 } reason)
        {
            end = EndOf(_client.Redact($"the connection ended ({reason})"), reason.Contains("limit", StringComparison.OrdinalIgnoreCase) ? EndpointErrorKind.RateLimited : EndpointErrorKind.Transient);
        }

        End(end);
    }

    private void Take(PooledBytes body)
    {
        bool kept = false;
        try
        {
            ReadOnlySpan<byte> message = body.Memory.Span;
            Envelope envelope = Envelope.Read(message);
            ReadOnlySpan<byte> id = message.Slice(envelope.Id.At, envelope.Id.Length);
            if (id.SequenceEqual("new-block"u8))
            {
                TakeAnnouncement(message.Slice(envelope.Data.At, envelope.Data.Length));
            }
            else if (Numbers.TryRead(id, out long number))
            {
                TaskCompletionSource<ServerAnswer>? pending;
                lock (_lock)
                {
                    _pending.Remove(number, out pending);
                }

                kept = pending is not null && pending.TrySetResult(new ServerAnswer(body, envelope.Data.At, envelope.Data.Length));
            }
        }
        finally
        {
            if (!kept)
            {
                body.Dispose();
            }
        }
    }

    private void TakeAnnouncement(ReadOnlySpan<byte> data)
    {
        if (Envelope.ReadError(data) is { } error)
        {
            _feed.Lost(_client.Redact($"endpoint '{_client.Name}', subscribeNewBlock: {error}"));
        }
        else if (ServerInfo.TryReadPoint(data, out ChainPoint point))
        {
            _announced(point);
        }
        else
        {
            _feed.Subscribed();
        }
    }

    private void End(EndpointError error)
    {
        TaskCompletionSource<ServerAnswer>[] pending;
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

        _feed.Lost(error.Message);
        _ended.Cancel();
        _socket.Abort();
        _socket.Dispose();
        foreach (TaskCompletionSource<ServerAnswer> one in pending)
        {
            one.TrySetException(new EndpointException(error));
        }
    }
}
