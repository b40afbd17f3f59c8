using System.Net.WebSockets;
using System.Text;

namespace ChainWatch.Evm.Tests;

/// <summary>A WebSocket whose other end is the test.</summary>
public sealed class FakeSocket : WebSocket
{
    private readonly Queue<byte[]> _incoming = new();
    private TaskCompletionSource? _more;
    private byte[]? _rest;
    private bool _closed;

    public List<string> Sent { get; } = [];

    public bool Disposed { get; private set; }

    /// <summary>How many bytes come at most in one piece.</summary>
    public int Piece { get; set; } = int.MaxValue;

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => _closed ? WebSocketState.Closed : WebSocketState.Open;

    public override string? SubProtocol => null;

    public void Push(string message)
    {
        _incoming.Enqueue(Encoding.UTF8.GetBytes(message));
        _more?.TrySetResult();
    }

    public void PushHead(string subscription, long number, string hash) => Push(
        $$$"""{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"{{{subscription}}}","result":{"parentHash":"0x{{{new string('2', 64)}}}","number":"0x{{{number:x}}}","hash":"{{{hash}}}"} } }""");

    public void CloseByServer()
    {
        _closed = true;
        _more?.TrySetResult();
    }

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_rest is null && !_incoming.TryDequeue(out _rest))
        {
            if (_closed)
            {
                return new ValueWebSocketReceiveResult(0, WebSocketMessageType.Close, endOfMessage: true);
            }

            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using CancellationTokenRegistration registration = cancellationToken.Register(() => _more.TrySetCanceled(cancellationToken));
            await _more.Task;
        }

        int count = Math.Min(Math.Min(buffer.Length, Piece), _rest.Length);
        _rest.AsSpan(0, count).CopyTo(buffer.Span);
        _rest = count == _rest.Length ? null : _rest[count..];
        return new ValueWebSocketReceiveResult(count, WebSocketMessageType.Text, _rest is null);
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        Sent.Add(Encoding.UTF8.GetString(buffer));
        return Task.CompletedTask;
    }

    public override void Abort() => _closed = true;

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose() => Disposed = true;
}
