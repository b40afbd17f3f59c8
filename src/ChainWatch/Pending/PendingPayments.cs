using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Hands what chain families see of waiting transactions to the application's handlers, while this instance leads the chain. It never stops the chain.</summary>
internal sealed partial class PendingPayments(IServiceScopeFactory scopes, IReadOnlyList<Type> handlers, IWatchStore store, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(10);

    /// <summary>Watches a chain until cancelled; at once over where it has nothing to watch, or nobody wants to know.</summary>
    /// <param name="registration">The chain.</param>
    /// <param name="matched">The addresses that its blocks are matched against.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(ChainRegistration registration, Func<AddressSet> matched, CancellationToken cancellationToken)
    {
        if (registration.WatchPending is not { } watch || handlers.Count == 0)
        {
            return;
        }

        PendingAddresses watched = new(registration.Chain, store, matched, logger);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await watch(watched, (change, cancellation) => TellAsync(registration.Chain, change, cancellation), cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(registration.Chain.Name, exception);
            }

            try
            {
                await Task.Delay(RetryWait, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task TellAsync(Chain chain, PendingChange change, CancellationToken cancellationToken)
    {
        Transfer transfer = change.Transfer;
        PendingPaymentEvent one = new()
        {
            Kind = change.Kind,
            Chain = chain.Name,
            Id = new PaymentId(transfer.TransactionId, transfer.Ordinal),
            TransactionId = chain.Format.FormatHash(transfer.TransactionId),
            Address = chain.Format.FormatAddress(transfer.To),
            Asset = transfer.Asset.Symbol,
            Amount = transfer.Amount,
            Reference = (await store.FindAddressAsync(chain, transfer.To, cancellationToken))?.Reference,
            DisplacedBy = change.DisplacedBy is { } by ? chain.Format.FormatHash(by) : null,
            OccurredAt = time.GetUtcNow(),
        };
        await using AsyncServiceScope scope = scopes.CreateAsyncScope();
        foreach (Type handler in handlers)
        {
            try
            {
                await ((IPendingPaymentHandler)scope.ServiceProvider.GetRequiredService(handler)).HandleAsync(one, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogHandlerFailed(handler.Name, one.Kind, one.TransactionId, chain.Name, exception);
            }
        }
    }

    [LoggerMessage(EventId = 1060, EventName = "PendingWatchFailed", Level = LogLevel.Warning, Message = "Chain {Chain}: transactions that wait to be mined could not be looked at; tried again soon. Payments in blocks are not affected")]
    private partial void LogFailed(string chain, Exception exception);

    [LoggerMessage(EventId = 1061, EventName = "PendingHandlerFailed", Level = LogLevel.Warning, Message = "{Handler} failed for '{Kind}' of transaction {TransactionId} of chain {Chain}; it is not told again")]
    private partial void LogHandlerFailed(string handler, PendingPaymentEventKind kind, string transactionId, string chain, Exception exception);
}
