using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Xrpl;

/// <summary>
/// One open WebSocket to a server: requests with their answers matched by id, in whatever order they come, and the announcements of the <c>ledger</c> stream between them. It reads
/// all the time and waits for nobody, so that the server never finds it slow, and pings are answered.
/// </summary>
internal sealed class XrplConnection : IDisposable
{
    private static readonly byte[] Subscribe = """{"id":0,"command":"subscribe","streams":["ledger"],"api_version":2}"""u8.ToArray();

    private readonly EndpointClient _client;
    private readonly WebSocket _socket;
    private readonly Action<Message> _announced;
    private readonly LedgerFeed _feed;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, TaskCompletionSource<XrplReply>> _pending = [];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private EndpointError? _end;
    private long _lastId;
    private long _heard;

    private XrplConnection(EndpointClient client, WebSocket socket, Action<Message> announced, LedgerFeed feed, TimeProvider time)
    {
        _client = client;
        _socket = socket;
        _announced = announced;
        _feed = feed;
        _time = time;
        _heard = time.GetTimestamp();
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

    /// <summary>How long no ledger was announced.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Interlocked.Read(ref _heard));

    /// <summary>Opens a connection, and asks for the announcements.</summary>
    public static async ValueTask<XrplConnection> OpenAsync(EndpointClient client, Action<Message> announced, LedgerFeed feed, TimeProvider time, CancellationToken cancellationToken)
    {
        WebSocket socket = await client.ConnectWebSocketAsync(cancellationToken);
        XrplConnection connection = new(client, socket, announced, feed, time);

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

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="EndpointException">The connection ended.</exception>
    public async ValueTask<XrplReply> AskAsync(string command, string parameters, CancellationToken cancellationToken)
    {
        TaskCompletionSource<XrplReply> pending = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
            byte[] request = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{id},\"command\":\"{command}\",{parameters}\"api_version\":2}}"));
            await SendAsync(request, cancellationToken);
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

    public void Dispose() => End(new EndpointError { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{_client.Name}': the connection was closed" });

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _ended.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            End(XrplErrors.ToError(_client, _socket.CloseStatusDescription));
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
        try
        {
            while (true)
            {
                using WebSocketStream stream = WebSocketStream.CreateReadableMessageStream(_socket);
                PooledBytes? body = await PooledBytes.ReadAsync(stream, sizeHint: null, _client.MaxResponseBytes, _ended.Token);
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

                Take(body);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The end is told below, to all who still wait.
        }
        catch (Exception exception) when (exception is JsonException or LedgerFormatException)
        {
            end = new EndpointError { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{_client.Name}': a message is not of the protocol's shape" };
        }

        End(end ?? XrplErrors.ToError(_client, _socket.CloseStatusDescription));
    }

    private void Take(PooledBytes body)
    {
        bool kept = false;
        try
        {
            Message message = Message.Read(body.Memory.Span);
            if (message.Kind == MessageKind.LedgerClosed)
            {
                Interlocked.Exchange(ref _heard, _time.GetTimestamp());
                _announced(message);
                return;
            }

            if (message.Kind != MessageKind.Response || message.Id is not { } id)
            {
                return;
            }

            if (id == 0 && !message.Failed)
            {
                _feed.Subscribed();
            }

            TaskCompletionSource<XrplReply>? pending;
            lock (_lock)
            {
                _pending.Remove(id, out pending);
            }

            kept = pending is not null && pending.TrySetResult(new XrplReply(body, message));
        }
        finally
        {
            if (!kept)
            {
                body.Dispose();
            }
        }
    }

    private void End(EndpointError error)
    {
        TaskCompletionSource<XrplReply>[] pending;
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
        foreach (TaskCompletionSource<XrplReply> one in pending)
        {
            one.TrySetException(new EndpointException(error));
        }
    }
}
