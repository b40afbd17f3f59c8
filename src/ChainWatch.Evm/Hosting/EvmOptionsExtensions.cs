namespace ChainWatch.Evm;

/// <summary>Short ways to write an EVM chain's options in code.</summary>
public static class EvmOptionsExtensions
{
    /// <summary>Adds an endpoint.</summary>
    /// <param name="endpoints">The chain's endpoints.</param>
    /// <param name="url">The URL for requests.</param>
    /// <param name="webSocketUrl">The URL for pushes; <see langword="null"/> polls.</param>
    public static void Add(this IList<EndpointOptions> endpoints, string url, string? webSocketUrl = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.Add(new EndpointOptions { Url = url, WebSocketUrl = webSocketUrl });
    }

    /// <summary>Adds a token to watch.</summary>
    /// <param name="tokens">The chain's tokens.</param>
    /// <param name="symbol">The name under which it is recorded.</param>
    /// <param name="contract">Its contract.</param>
    /// <param name="decimals">Its decimals.</param>
    public static void Add(this IList<EvmTokenOptions> tokens, string symbol, string contract, int decimals)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        tokens.Add(new EvmTokenOptions { Symbol = symbol, Contract = contract, Decimals = decimals });
    }
}
