using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Compares what is configured of a chain's tokens with what their contracts say: once in a term, and once a day after that. It changes nothing and ends nothing, whatever comes of it: the
/// configuration counts, and payments do not wait for it.
/// </summary>
internal sealed class TokenCheck(ChainRegistration registration, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    private string Chain => registration.Chain.Name;

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using EndpointPriorityScope priority = EndpointPriorityScope.Begin(EndpointPriority.Reconciliation);
        TimeSpan retry = FirstRetry;
        while (true)
        {
            TimeSpan wait = Interval;
            if (await ReadAsync(retry, cancellationToken) is { } tokens)
            {
                retry = FirstRetry;
                Tell(tokens);
            }
            else
            {
                wait = retry;
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }

            await Task.Delay(wait, time, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<TokenMetadata>?> ReadAsync(TimeSpan retry, CancellationToken cancellationToken)
    {
        try
        {
            Answer<IReadOnlyList<TokenMetadata>> answer = await registration.ReadTokens!(cancellationToken);
            if (answer.IsFound)
            {
                return answer.Value;
            }

            TokenLog.NotRead(logger, Chain, answer.Reason ?? "no endpoint answered", retry);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever it is, payments are worth more than a check of the configuration.
            TokenLog.NotRead(logger, Chain, "it failed", retry, exception);
        }

        return null;
    }

    private void Tell(IReadOnlyList<TokenMetadata> tokens)
    {
        registration.Status.SawTokens(tokens);
        foreach (TokenMetadata token in tokens)
        {
            Asset asset = token.Asset;
            if (token.Contradicts)
            {
                TokenLog.DecimalsDiffer(logger, Chain, asset.Symbol, asset.Decimals, asset.Id, token.Decimals!.Value);
            }
            else if (token.Decimals is null)
            {
                TokenLog.SaysNothing(logger, Chain, asset.Symbol, asset.Id);
            }

            if (token.Symbol is { } symbol && !string.Equals(symbol, asset.Symbol, StringComparison.OrdinalIgnoreCase))
            {
                TokenLog.SymbolDiffers(logger, Chain, asset.Symbol, asset.Id, symbol);
            }
        }
    }
}
