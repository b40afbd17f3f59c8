namespace ChainWatch;

/// <summary>
/// The application's own code for payment events. Events of one payment come in order; different payments run side by side. A failure is retried with backoff and
/// then parked; it never stops the chain.
/// </summary>
public interface IPaymentHandler
{
    /// <summary>
    /// Handles one event. Returning acknowledges it; throwing has it tried again. With PostgreSQL, what is written through the context's connection and transaction is
    /// exactly-once; any other effect is at-least-once and should carry <see cref="PaymentContext.IdempotencyKey"/>.
    /// </summary>
    Task HandleAsync(PaymentContext context, CancellationToken cancellationToken);
}
