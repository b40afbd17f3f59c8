namespace ChainWatch;

/// <summary>
/// The application's own code for payments that no block holds yet, where a chain is configured to look for them: to show "seen" to who waits. Best effort: a failure is logged, and the event is not
/// told again.
/// </summary>
public interface IPendingPaymentHandler
{
    /// <summary>Handles one event. Those of one chain come one after the other.</summary>
    Task HandleAsync(PendingPaymentEvent pending, CancellationToken cancellationToken);
}
