using ChainWatch;

namespace Quickstart;

/// <summary>Your own code: it is told of every step in a payment's life, in order, and says what it means for the order that the address was given out for.</summary>
public sealed class CreditOrder(Ledger ledger, IView view) : IPaymentHandler
{
    public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
    {
        ledger.Count(context.Kind);
        view.Payment(context.Kind, context.Payment);
        switch (context.Kind)
        {
            case PaymentEventKind.Detected: // In a block, but the block may still be replaced: show it, ship nothing.
            case PaymentEventKind.Moved: // The same payment in another block: nothing to do but to wait on.
                ledger.Expect(context.Payment);
                break;
            case PaymentEventKind.Confirmed: // Deep enough: now it counts.
                ledger.Credit(context.Payment);
                break;
            case PaymentEventKind.Retracted: // A reorg took it back.
                ledger.Cancel(context.Payment);
                break;
        }

        return Task.CompletedTask;
    }
}
