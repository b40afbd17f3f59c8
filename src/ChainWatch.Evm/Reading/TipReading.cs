namespace ChainWatch.Evm;

/// <summary>Reads the head of a chain and, now and then, its marks: one request.</summary>
internal static class TipReading
{
    private static readonly JsonRpcCall[] HeadOnly = [new("eth_getBlockByNumber", """["latest",false]""")];

    private static readonly JsonRpcCall[] HeadAndMarks =
    [
        new("eth_getBlockByNumber", """["latest",false]"""),
        new("eth_getBlockByNumber", """["finalized",false]"""),
        new("eth_getBlockByNumber", """["safe",false]"""),
    ];

    public static async ValueTask<ChainTip> ReadAsync(EvmEndpoint endpoint, bool wantMarks, TimeProvider time, CancellationToken cancellationToken)
    {
        bool ask = wantMarks && endpoint.Marks.AreDue(time);
        ChainPoint head = await AskAsync(endpoint, ask, time, cancellationToken);
        if (!ask && wantMarks && endpoint.Marks.Finalized is { } mark && mark.Height > head.Height)
        {
            // A head below the mark: the mark may be from before the chain went back.
            head = await AskAsync(endpoint, marks: true, time, cancellationToken);
        }

        if (wantMarks && endpoint.Marks.Finalized is { } final && final.Height > head.Height)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Marks, $"its head {head} is below its finalized block {final}: two nodes answered");
        }

        return wantMarks
            ? new ChainTip { Head = head, Safe = endpoint.Marks.Safe is { } safe && safe.Height <= head.Height ? safe : null, Finalized = endpoint.Marks.Finalized }
            : new ChainTip { Head = head };
    }

    private static async ValueTask<ChainPoint> AskAsync(EvmEndpoint endpoint, bool marks, TimeProvider time, CancellationToken cancellationToken)
    {
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(marks ? HeadAndMarks : HeadOnly, cancellationToken);
        if (replies[0].IsNull)
        {
            throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{endpoint.Name}' has no latest block");
        }

        ChainPoint head = ReadPoint(endpoint, replies[0]);
        endpoint.SawHead(head.Height);
        if (marks)
        {
            if (replies[1].Error is { Kind: EndpointErrorKind.Transient } error)
            {
                // Not knowing the mark once is no reason to go by depth.
                throw new EndpointException(error);
            }

            bool unsupported = replies[1].Error is not null;
            endpoint.Marks.Set(Mark(endpoint, replies[2]), Mark(endpoint, replies[1]), unsupported, time);
        }

        return head;
    }

    private static ChainPoint? Mark(EvmEndpoint endpoint, JsonRpcReply reply) => reply.Error is not null || reply.IsNull ? null : ReadPoint(endpoint, reply);

    private static ChainPoint ReadPoint(EvmEndpoint endpoint, JsonRpcReply reply) =>
        AnswerReader.Read(endpoint, reply, static (json, endpoint) => BlockParser.ReadHeader(json, endpoint.Name)).Point;
}
