using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch;

/// <summary>All handlers of the application as one: each delivery in a scope of its own, the handlers in the order in which they were added.</summary>
internal sealed class PaymentHandlers(IServiceScopeFactory scopes, IReadOnlyList<Type> handlers) : IPaymentHandler
{
    /// <summary>How many there are.</summary>
    public int Count => handlers.Count;

    public async Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
    {
        using Activity? span = ChainWatchTracing.Handle(context);
        try
        {
            await using AsyncServiceScope scope = scopes.CreateAsyncScope();
            foreach (Type handler in handlers)
            {
                await ((IPaymentHandler)scope.ServiceProvider.GetRequiredService(handler)).HandleAsync(context, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            span?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            throw;
        }
    }
}
