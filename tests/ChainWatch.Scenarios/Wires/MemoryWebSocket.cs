using System.Net.WebSockets;
using System.Text;

namespace ChainWatch.Simulation;

/// <summary>
/// The client's end of a WebSocket in memory. What the framework does with what it receives goes on in place, on the thread of the scenario, and never on the thread pool: there the scenario's clock could not wait for it.
/// </summary>
internal sealed class MemoryWebSocket(Action<string> received) : WebSocket
{
    private readonly Queue<byte[]> _messages = new();
    private byte[]? _current;
    private int _taken;
    private Memory<byte> _buffer;
    private TaskCompletionSource<ValueWebSocketReceiveResult>? _pending;
    private WebSocketState _state = WebSocketState.Open;

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => _state;

    public override string? SubProtocol => null;

    /// <summary>The other end sends a message.</summary>
    public void Deliver(string message) => DeliverAll([message]);

    /// <summary>The other end sends messages, all of which are there when the first is taken.</summary>
    public void DeliverAll(IReadOnlyList<string> messages)
    {
        if (_state != WebSocketState.Open)
        {
            return;
        }

        foreach (string message in messages)
        {
            _messages.Enqueue(Encoding.UTF8.GetBytes(message));
        }

        if (_pending is { } pending)
        {
            _pending = null;
            ValueWebSocketReceiveResult result = TakeInto(_buffer);
            InPlace(() => pending.TrySetResult(result));
        }
    }

    /// <summary>The connection breaks, whichever end breaks it.</summary>
    public override void Abort()
    {
        if (_state != WebSocketState.Open)
        {
            return;
        }

        _state = WebSocketState.Aborted;
        if (_pending is { } pending)
        {
            _pending = null;
            InPlace(() => pending.TrySetException(new WebSocketException(WebSocketError.ConnectionClosedPrematurely)));
        }
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        Abort();
        return Task.CompletedTask;
    }

    public override void Dispose() => Abort();

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        ValueWebSocketReceiveResult result = await ReceiveAsync(buffer.AsMemory(), cancellationToken);
        return new WebSocketReceiveResult(result.Count, result.MessageType, result.EndOfMessage);
    }

    public override ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_state != WebSocketState.Open)
        {
            return ValueTask.FromException<ValueWebSocketReceiveResult>(new WebSocketException(WebSocketError.ConnectionClosedPrematurely));
        }

        if (_current is not null || _messages.Count > 0)
        {
            return ValueTask.FromResult(TakeInto(buffer));
        }

        // Who cancels aborts as well, which ends the wait.
        _buffer = buffer;
        _pending = new TaskCompletionSource<ValueWebSocketReceiveResult>();
        return new ValueTask<ValueWebSocketReceiveResult>(_pending.Task);
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        if (_state != WebSocketState.Open)
        {
            throw new WebSocketException(WebSocketError.InvalidState);
        }

        received(Encoding.UTF8.GetString(buffer));
        return Task.CompletedTask;
    }

    private ValueWebSocketReceiveResult TakeInto(Memory<byte> buffer)
    {
        _current ??= _messages.Dequeue();
        int count = Math.Min(buffer.Length, _current.Length - _taken);
        _current.AsSpan(_taken, count).CopyTo(buffer.Span);
        _taken += count;
        bool end = _taken == _current.Length;
        if (end)
        {
            _current = null;
            _taken = 0;
        }

        return new ValueWebSocketReceiveResult(count, WebSocketMessageType.Text, end);
    }

    private static void InPlace(Action act)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            act();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
