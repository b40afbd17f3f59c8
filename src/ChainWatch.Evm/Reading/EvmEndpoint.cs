namespace ChainWatch.Evm;

/// <summary>One endpoint with what was learned about it: how it gives receipts and traces, how many blocks of logs at once, its head and its marks.</summary>
internal sealed class EvmEndpoint : IPooledEndpoint
{
    private readonly EvmIdentity _identity;
    private long _head = -1;
    private long _blockBytes = 64 * 1024;
    private int _receipts;
    private int _traces;

    public EvmEndpoint(JsonRpcClient rpc, EvmIdentity identity)
    {
        Rpc = rpc;
        _identity = identity;
    }

    public JsonRpcClient Rpc { get; }

    public EndpointClient Client => Rpc.Endpoint;

    public string Name => Client.Name;

    public LogRange LogRange { get; } = new();

    public EvmMarks Marks { get; } = new();

    /// <summary>The head that this endpoint told last, which may be lower than one before; -1 before the first.</summary>
    public long Head => Volatile.Read(ref _head);

    public ReceiptCalls Receipts => (ReceiptCalls)Volatile.Read(ref _receipts);

    public TraceCalls Traces => (TraceCalls)Volatile.Read(ref _traces);

    /// <summary>True once logs of the native coin were seen (EIP-7708), so that they are asked for with the first request.</summary>
    public bool SawNativeLogs { get; set; }

    /// <summary>True where the endpoint takes no long lists of addresses in a log filter.</summary>
    public bool RefusesAddressLists { get; set; }

    /// <summary>About how many bytes a block's answer has: so many are asked for at once that the answer stays of a good size.</summary>
    public long BlockBytes => Volatile.Read(ref _blockBytes);

    public void SawBlockBytes(long bytes) => Volatile.Write(ref _blockBytes, Math.Max(1024, ((BlockBytes * 3) + bytes) / 4));

    /// <summary>The endpoint does not give receipts this way: the next one down is tried from now on. Requests that ran side by side step down once.</summary>
    public void StepDown(ReceiptCalls from) => Interlocked.CompareExchange(ref _receipts, (int)from + 1, (int)from);

    /// <summary>The endpoint does not trace this way: the next one down is tried from now on. Requests that ran side by side step down once.</summary>
    public void StepDown(TraceCalls from) => Interlocked.CompareExchange(ref _traces, (int)from + 1, (int)from);

    public void SawHead(long height)
    {
        Client.ReportHead(height);
        Volatile.Write(ref _head, height);
    }

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        using JsonRpcReplies replies = await Rpc.CallAsync(
            [new JsonRpcCall("eth_chainId", "[]"), new JsonRpcCall("eth_getBlockByNumber", """["0x0",false]""")],
            cancellationToken);
        ReadOnlySpan<byte> text = replies[0].Require();
        if (text.Length < 2 || !HexText.TryReadNumber(text[1..^1], out long chainId))
        {
            throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{Name}' does not say its chain id");
        }

        Hash256? genesis = null;
        if (replies[1].Error is { Kind: EndpointErrorKind.Transient } error)
        {
            throw new EndpointException(error);
        }

        // A node may have forgotten its first block. What it serves is still bound by hashes to what the others serve.
        if (replies[1].Error is null && !replies[1].IsNull)
        {
            genesis = AnswerReader.Read(this, replies[1], static (json, endpoint) => BlockParser.ReadHeader(json, endpoint.Name)).Point.Hash;
        }

        _identity.Accept(Name, chainId, genesis);

        // Another node may answer now than the one whose ways were learned.
        Volatile.Write(ref _receipts, (int)ReceiptCalls.ByHash);
        Volatile.Write(ref _traces, (int)TraceCalls.Debug);
        RefusesAddressLists = false;
    }
}
