namespace ChainWatch.Evm;

/// <summary>Short ways to write tokens in code.</summary>
public static class EvmTokenOptionsExtensions
{
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
