namespace ChainWatch.Evm;

/// <summary>One endpoint with what was learned about it: how it gives receipts and traces, how many blocks of logs at once, its head and its marks.</summary>
internal sealed class EvmEndpoint : IPooledEndpoint
{
    private const long FirstBlockBytes = 64 * 1024;

    private readonly EvmIdentity _identity;
    private long _head = -1;
    private long _blockBytes;
    private LogFilter? _filter;
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

    /// <summary>How deep a block lies under the head when it is final, where the endpoint has no mark of it.</summary>
    public int FinalityDepth { get; init; } = 64;

    public ReceiptCalls Receipts => (ReceiptCalls)Volatile.Read(ref _receipts);

    public TraceCalls Traces => (TraceCalls)Volatile.Read(ref _traces);

    /// <summary>True once logs of the native coin were seen (EIP-7708), so that they are asked for with the first request.</summary>
    public bool SawNativeLogs { get; set; }

    /// <summary>True where the endpoint takes no long lists of addresses in a log filter.</summary>
    public bool RefusesAddressLists { get; set; }

    /// <summary>Whether state can be asked for by a block's hash (EIP-1898); <see langword="null"/> before it was tried.</summary>
    public bool? PinsState { get; set; }

    /// <summary>True where the endpoint gives no logs by the hash of their block.</summary>
    public bool RefusesLogsByHash { get; set; }

    /// <summary>
    /// About how many bytes of answers a block of a range takes, its logs included: so many blocks are asked for at once that the answer stays of a good size. A guess before the
    /// first.
    /// </summary>
    public long BlockBytes => Volatile.Read(ref _blockBytes) is > 0 and var known ? known : FirstBlockBytes;

    /// <summary>Whether it has answered a range with logs before, so that it is known what it takes.</summary>
    public bool HasShownLogs { get; set; }

    /// <summary>
    /// Whether a block at this height is final as far as the endpoint tells. Where its mark is not known, because it was not asked for (it means nothing on a developer's chain) or did not come, none is.
    /// </summary>
    public bool IsFinal(long height)
    {
        long head = Head;
        long final = Marks.Finalized is { } mark ? mark.Height : Marks.AreMissing ? head - FinalityDepth : -1;
        return height <= Math.Min(final, head);
    }

    public void SawBlockBytes(long bytes)
    {
        long known = Volatile.Read(ref _blockBytes);
        Volatile.Write(ref _blockBytes, Math.Max(1024, known == 0 ? bytes : ((known * 3) + bytes) / 4));
    }

    /// <summary>What to ask for logs with. It is kept until another is wanted: with a thousand addresses, making it costs as much as reading many blocks.</summary>
    public LogFilter FilterFor(WatchPlan plan, AddressSet watched)
    {
        bool byAddress = !RefusesAddressLists;
        LogFilter? filter = Volatile.Read(ref _filter);
        if (filter is null || !filter.IsFor(plan, watched, byAddress))
        {
            filter = LogFilter.Create(plan, watched, byAddress);
            Volatile.Write(ref _filter, filter);
        }

        return filter;
    }

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
        // Another node may answer now.
        Rpc.FinalAnswers?.Forget(Name);
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
        HasShownLogs = false;
        PinsState = null;
        RefusesLogsByHash = false;
    }
}
