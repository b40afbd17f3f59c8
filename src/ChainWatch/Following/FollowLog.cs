using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>The log events of following: ids 1000 to 1999.</summary>
internal static partial class FollowLog
{
    public static void Events(ILogger logger, IReadOnlyList<PaymentEvent> events, long headHeight)
    {
        if (!logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        foreach (PaymentEvent one in events)
        {
            Payment payment = one.Payment;
            string amount = payment.Amount.ToString(System.Globalization.CultureInfo.InvariantCulture);
            switch (one.Kind)
            {
                case PaymentEventKind.Detected:
                    PaymentDetected(logger, payment.Chain, payment.TransactionId, payment.Id.Ordinal, amount, payment.Asset, payment.Address, payment.Reference, payment.Block.Height);
                    break;
                case PaymentEventKind.Confirmed:
                    PaymentConfirmed(logger, payment.Chain, payment.TransactionId, payment.Id.Ordinal, amount, payment.Asset, payment.Address, payment.Reference, payment.Block.Height, headHeight - payment.Block.Height + 1, one.OccurredAt - payment.DetectedAt);
                    break;
                case PaymentEventKind.Moved:
                    PaymentMoved(logger, payment.Chain, payment.TransactionId, payment.Id.Ordinal, payment.Address, payment.Reference, payment.Block.Height);
                    break;
                default:
                    PaymentRetracted(logger, payment.Chain, payment.TransactionId, payment.Id.Ordinal, amount, payment.Asset, payment.Address, payment.Reference, one.Cause);
                    break;
            }
        }
    }

    [LoggerMessage(EventId = 1001, EventName = "PaymentDetected", Level = LogLevel.Information,
        Message = "Payment detected on {Chain}: {TransactionId}/{Ordinal}, {Amount} base units of {Asset} to {Address} (reference {Reference}), block {Height}")]
    private static partial void PaymentDetected(ILogger logger, string chain, string transactionId, long ordinal, string amount, string asset, string address, PaymentReference? reference, long height);

    [LoggerMessage(EventId = 1002, EventName = "PaymentConfirmed", Level = LogLevel.Information,
        Message = "Payment confirmed on {Chain}: {TransactionId}/{Ordinal}, {Amount} base units of {Asset} to {Address} (reference {Reference}), block {Height}, {Confirmations} confirmations, {Latency} after detection")]
    private static partial void PaymentConfirmed(ILogger logger, string chain, string transactionId, long ordinal, string amount, string asset, string address, PaymentReference? reference, long height, long confirmations, TimeSpan latency);

    [LoggerMessage(EventId = 1003, EventName = "PaymentMoved", Level = LogLevel.Information,
        Message = "Payment moved by a reorg on {Chain}: {TransactionId}/{Ordinal} to {Address} (reference {Reference}), now in block {Height}")]
    private static partial void PaymentMoved(ILogger logger, string chain, string transactionId, long ordinal, string address, PaymentReference? reference, long height);

    [LoggerMessage(EventId = 1004, EventName = "PaymentRetracted", Level = LogLevel.Warning,
        Message = "Payment retracted on {Chain}: {TransactionId}/{Ordinal}, {Amount} base units of {Asset} to {Address} (reference {Reference}): {Cause}")]
    private static partial void PaymentRetracted(ILogger logger, string chain, string transactionId, long ordinal, string amount, string asset, string address, PaymentReference? reference, string? cause);

    [LoggerMessage(EventId = 1010, EventName = "Rollback", Level = LogLevel.Warning, Message = "Rollback on {Chain} to height {Height}: {Depth} committed blocks are replaced")]
    public static partial void Rollback(ILogger logger, string chain, long height, long depth);

    [LoggerMessage(EventId = 1011, EventName = "CursorMoved", Level = LogLevel.Warning, Message = "The cursor of {Chain} is not at {Height} any more; following starts anew from what is stored")]
    public static partial void CursorMoved(ILogger logger, string chain, long height);

    [LoggerMessage(EventId = 1013, EventName = "CommitFailed", Level = LogLevel.Error, Message = "A commit on {Chain} behind block {Height} failed while following ended; it goes on from what is stored")]
    public static partial void CommitFailed(ILogger logger, string chain, long height, Exception exception);

    [LoggerMessage(EventId = 1012, EventName = "Progress", Level = LogLevel.Information, Message = "{Work} on {Chain}: block {Height} of {Target}, {Rate:F0} blocks/s, {Left} left")]
    public static partial void Progress(ILogger logger, string work, string chain, long height, long target, double rate, TimeSpan left);

    [LoggerMessage(EventId = 1020, EventName = "FollowingFailed", Level = LogLevel.Error, Message = "Following {Chain} failed; it is tried again in {Wait}")]
    public static partial void FollowingFailed(ILogger logger, string chain, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 1021, EventName = "FinalityViolated", Level = LogLevel.Critical, Message = "Chain {Chain} is stopped: a final block was replaced")]
    public static partial void FinalityViolated(ILogger logger, string chain, Exception exception);

    [LoggerMessage(EventId = 1030, EventName = "BackScanStarted", Level = LogLevel.Information, Message = "Back-scan {Id} on {Chain}: blocks {From} to {To} for {Count} addresses")]
    public static partial void BackScanStarted(ILogger logger, long id, string chain, long from, long to, int count);

    [LoggerMessage(EventId = 1031, EventName = "BackScanDone", Level = LogLevel.Information, Message = "Back-scan {Id} on {Chain} is done")]
    public static partial void BackScanDone(ILogger logger, long id, string chain);

    [LoggerMessage(EventId = 1032, EventName = "BackScanFailed", Level = LogLevel.Error, Message = "Back-scan on {Chain} failed; it goes on where it stopped in {Wait}")]
    public static partial void BackScanFailed(ILogger logger, string chain, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 1033, EventName = "BackScanUnproven", Level = LogLevel.Warning,
        Message = "Back-scan {Id} on {Chain}: what an endpoint tells up to block {Height}, its head, is not what is stored, so nothing of it is taken; it is read again. If this stays, look for an endpoint that is behind or on another branch")]
    public static partial void BackScanUnproven(ILogger logger, long id, string chain, long height);

    [LoggerMessage(EventId = 1050, EventName = "QuorumDisagrees", Level = LogLevel.Error,
        Message = "Endpoints of {Chain} disagree about block {Height}: {Agree} of the {Wanted} that must agree hold the committed one, and these hold another: {Endpoints}. No payment is confirmed above what they agree on")]
    public static partial void QuorumDisagrees(ILogger logger, string chain, long height, int agree, int wanted, string endpoints);

    [LoggerMessage(EventId = 1051, EventName = "QuorumMissing", Level = LogLevel.Warning,
        Message = "Confirmations on {Chain} wait: {Agree} of the {Wanted} endpoints that must agree about block {Height} answer")]
    public static partial void QuorumMissing(ILogger logger, string chain, long height, int agree, int wanted);

    [LoggerMessage(EventId = 1040, EventName = "SecondPassImpossible", Level = LogLevel.Information, Message = "There is no second pass on {Chain}: {Reason}. A payment that an endpoint leaves out will not be noticed")]
    public static partial void SecondPassImpossible(ILogger logger, string chain, string reason);

    [LoggerMessage(EventId = 1041, EventName = "SecondPassFailed", Level = LogLevel.Warning, Message = "The second pass on {Chain} stands still: {Reason}. It goes on where it stopped in {Wait}")]
    public static partial void SecondPassFailed(ILogger logger, string chain, string reason, TimeSpan wait, Exception? exception = null);

    [LoggerMessage(EventId = 1042, EventName = "SecondPassFound", Level = LogLevel.Error,
        Message = "The second pass on {Chain} found payment {TransactionId}/{Ordinal} in block {Height} through endpoint {Endpoint}: endpoint {First} had left it out. It is recorded now")]
    public static partial void SecondPassFound(ILogger logger, string chain, string transactionId, long ordinal, long height, string endpoint, string first);

    [LoggerMessage(EventId = 1043, EventName = "SecondPassDisagrees", Level = LogLevel.Error,
        Message = "The second pass on {Chain} stands still: endpoint {Endpoint} has other final blocks from {From} to {To} than those that endpoint {First} served and that are stored. One of them is not on this chain")]
    public static partial void SecondPassDisagrees(ILogger logger, string chain, string endpoint, string first, long from, long to);
}
