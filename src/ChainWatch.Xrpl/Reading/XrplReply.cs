namespace ChainWatch.Xrpl;

/// <summary>A server's answer in rented memory. Who takes it disposes it.</summary>
internal sealed class XrplReply : IDisposable
{
    private readonly PooledBytes _body;

    public XrplReply(PooledBytes body, in Message message)
    {
        _body = body;
        Message = message;
    }

    public Message Message { get; }

    /// <summary>True where the server knows the ledger, and it has no such entry: an answer as good as any other.</summary>
    public bool IsNoEntry => Message.Error == "entryNotFound";

    public ReadOnlySpan<byte> Result => _body.Memory.Span.Slice(Message.ResultStart, Message.ResultLength);

    public void Dispose() => _body.Dispose();
}
