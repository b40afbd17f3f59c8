using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Tells the application's handlers what a reconciliation came to, each a few times where it fails: a run must not hang on an alert that cannot be sent.</summary>
internal sealed class ReconciliationHandlers(IServiceScopeFactory? scopes, IReadOnlyList<Type> handlers, TimeProvider time, ILogger logger)
{
    private const int Attempts = 3;
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    public async Task TellAsync(ReconciliationReport report, CancellationToken cancellationToken)
    {
        foreach (Type handler in handlers)
        {
            for (int attempt = 1; attempt <= Attempts; attempt++)
            {
                try
                {
                    await using AsyncServiceScope scope = scopes!.CreateAsyncScope();
                    await ((IReconciliationHandler)scope.ServiceProvider.GetRequiredService(handler)).HandleAsync(report, cancellationToken);
                    break;
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    ReconciliationLog.HandlerFailed(logger, handler.Name, report.Run.Id, report.Run.Chain, Wait, exception);
                    if (attempt < Attempts)
                    {
                        await Task.Delay(Wait, time, cancellationToken);
                    }
                }
            }
        }
    }
}
