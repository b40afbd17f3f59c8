using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace ChainWatch;

/// <summary>
/// The spans of the activity source <see cref="ChainWatchTelemetry.ActivitySourceName"/>: <c>chainwatch.fetch</c> (source) with a <c>chainwatch.request</c> for each request to an endpoint, <c>chainwatch.batch</c> (follower) with
/// <c>chainwatch.commit</c> (store) below it, and for each event of a payment <c>chainwatch.payment</c> and <c>chainwatch.handle</c> (delivery). While nobody listens, nothing is made.
/// </summary>
/// <remarks>
/// All spans of one payment are one trace, whatever process they come from, and nothing has to be stored for it: the trace's id is made of the payment's identity. The payment's
/// span links to the batch that it came with, and the batch to the fetches that its blocks came by.
/// </remarks>
internal static class ChainWatchTracing
{
    private const int MostLinks = 32;
    private static readonly ActivitySource Source = new(ChainWatchTelemetry.ActivitySourceName);
    private static readonly ConditionalWeakTable<Block, Activity> FetchedBy = [];

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>The fetch of blocks from an endpoint.</summary>
    public static Activity? Fetch(Chain chain, long? fromHeight, int count)
    {
        Activity? span = Source.StartActivity("chainwatch.fetch", ActivityKind.Client);
        span?.SetTag("chainwatch.chain", chain.Name);
        span?.SetTag("chainwatch.block.count", count);
        if (fromHeight is { } height)
        {
            span?.SetTag("chainwatch.block.from", height);
        }

        return span;
    }

    /// <summary>Records what a fetch gave.</summary>
    public static void Fetched(Activity? span, AnswerKind kind, string? reason, IReadOnlyList<Block>? blocks)
    {
        if (span is null)
        {
            return;
        }

        span.SetTag("chainwatch.outcome", kind.ToString());
        if (blocks is { Count: > 0 })
        {
            span.SetTag("chainwatch.endpoint", blocks[0].Endpoint);
            span.SetTag("chainwatch.block.from", blocks[0].Header.Point.Height);
            span.SetTag("chainwatch.block.count", blocks.Count);
            foreach (Block block in blocks)
            {
                FetchedBy.AddOrUpdate(block, span);
            }
        }
        else if (kind == AnswerKind.Unknown)
        {
            span.SetStatus(ActivityStatusCode.Error, reason);
        }
    }

    /// <summary>Records a block that came by itself in a stream, and how long it was waited for.</summary>
    public static void Fetched(string chain, Block block, TimeSpan waited)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        // It is told when it is over: a source that waits for the next block does not know yet whether one comes.
        using Activity? span = Source.StartActivity("chainwatch.fetch", ActivityKind.Client);
        span?.SetStartTime(span.StartTimeUtc - waited);
        span?.SetTag("chainwatch.chain", chain);
        Fetched(span, AnswerKind.Found, reason: null, [block]);
    }

    /// <summary>What a follower commits at once; it links to the fetches that the blocks came by.</summary>
    public static Activity? Batch(Chain chain, IReadOnlyList<PendingBlock> blocks)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        HashSet<ActivityLink> links = [];
        foreach (PendingBlock block in blocks)
        {
            if (links.Count < MostLinks && FetchedBy.TryGetValue(block.Block, out Activity? fetch))
            {
                links.Add(new ActivityLink(fetch.Context));
            }
        }

        Activity? span = Source.StartActivity("chainwatch.batch", ActivityKind.Internal, parentContext: default, tags: null, links);
        span?.SetTag("chainwatch.chain", chain.Name);
        return span;
    }

    /// <summary>One write of a batch to the store.</summary>
    public static Activity? Commit(CommitBatch batch)
    {
        Activity? span = Source.StartActivity("chainwatch.commit");
        if (span is null)
        {
            return null;
        }

        span.SetTag("chainwatch.chain", batch.Chain.Name);
        span.SetTag("chainwatch.term", batch.Term);
        span.SetTag("chainwatch.block.count", batch.Blocks.Count);
        if (batch.Blocks.Count > 0)
        {
            span.SetTag("chainwatch.block.from", batch.Blocks[0].Point.Height);
            span.SetTag("chainwatch.block.to", batch.Blocks[^1].Point.Height);
        }

        if (batch.RollBackTo is { } target)
        {
            span.SetTag("chainwatch.rollback.to", target.Height);
        }

        return span;
    }

    /// <summary>Records what a write came to, and begins or goes on with the trace of each payment in it.</summary>
    public static void Committed(Activity? span, ChainFormat format, CommitResult result)
    {
        if (span is null)
        {
            return;
        }

        span.SetTag("chainwatch.outcome", result.Outcome.ToString());
        ActivityLink[] here = [new ActivityLink(span.Context)];
        foreach (PaymentEvent one in result.Events)
        {
            using Activity? payment = Source.StartActivity("chainwatch.payment", ActivityKind.Producer, ContextOf(one.Payment), Identity(one), here);
            payment?.SetTag("chainwatch.block.height", one.Payment.Block.Height);
            payment?.SetTag("chainwatch.block.hash", format.FormatHash(one.Payment.Block.Hash));
        }
    }

    /// <summary>The handling of one event by the application.</summary>
    public static Activity? Handle(PaymentContext context)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity? span = Source.StartActivity("chainwatch.handle", ActivityKind.Consumer, ContextOf(context.Payment), Identity(context.Event));
        span?.SetTag("chainwatch.attempt", context.Attempt);
        return span;
    }

    /// <summary>A request to an endpoint that has come to its end.</summary>
    public static void Requested(string chain, string endpoint, string method, long id, EndpointError? error, TimeSpan duration)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        // It is told when it is over: what it took is known better than when it began.
        using Activity? span = Source.StartActivity("chainwatch.request", ActivityKind.Client);
        span?.SetStartTime(span.StartTimeUtc - duration);
        span?.SetTag("chainwatch.chain", chain);
        span?.SetTag("chainwatch.endpoint", endpoint);
        span?.SetTag("chainwatch.method", method);
        span?.SetTag("chainwatch.request.id", id);
        if (error is not null)
        {
            span?.SetStatus(ActivityStatusCode.Error, error.Message);
        }
    }

    /// <summary>The trace of a payment: the same wherever it is asked for.</summary>
    internal static ActivityContext ContextOf(Payment payment)
    {
        string identity = string.Create(CultureInfo.InvariantCulture, $"{payment.Chain}\n{payment.TransactionId}\n{payment.Id.Ordinal}");
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(identity));

        // An id of zeros alone is none.
        if (BinaryPrimitives.ReadUInt64LittleEndian(hash.AsSpan(16)) == 0)
        {
            hash[16] = 1;
        }

        return new ActivityContext(
            ActivityTraceId.CreateFromBytes(hash.AsSpan(0, 16)), ActivitySpanId.CreateFromBytes(hash.AsSpan(16, 8)), ActivityTraceFlags.Recorded, traceState: null, isRemote: true);
    }

    private static KeyValuePair<string, object?>[] Identity(PaymentEvent one) =>
    [
        new("chainwatch.chain", one.Payment.Chain),
        new("chainwatch.transaction.id", one.Payment.TransactionId),
        new("chainwatch.payment.ordinal", one.Payment.Id.Ordinal),
        new("chainwatch.event.kind", one.Kind.ToString()),
        new("chainwatch.event.sequence", one.Sequence),
    ];
}
