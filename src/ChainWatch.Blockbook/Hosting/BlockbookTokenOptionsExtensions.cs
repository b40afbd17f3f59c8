namespace ChainWatch.Blockbook;

/// <summary>A short way to write tokens in code.</summary>
public static class BlockbookTokenOptionsExtensions
{
    /// <summary>Adds a token to watch.</summary>
    /// <param name="tokens">The chain's tokens.</param>
    /// <param name="symbol">The name under which it is recorded.</param>
    /// <param name="contract">Its contract's address.</param>
    /// <param name="decimals">How many decimal digits its base unit lies below the whole token.</param>
    public static void Add(this IList<BlockbookTokenOptions> tokens, string symbol, string contract, int decimals)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        tokens.Add(new BlockbookTokenOptions { Symbol = symbol, Contract = contract, Decimals = decimals });
    }
}
