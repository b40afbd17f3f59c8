namespace ChainWatch.Cardano;

/// <summary>Short ways to write tokens in code.</summary>
public static class CardanoTokenOptionsExtensions
{
    /// <summary>Adds a native asset to watch.</summary>
    /// <param name="tokens">The chain's tokens.</param>
    /// <param name="symbol">The name under which it is recorded.</param>
    /// <param name="policy">The id of its policy: 56 hexadecimal digits.</param>
    /// <param name="assetName">Its name under the policy, in hexadecimal digits.</param>
    /// <param name="decimals">How many decimal digits its smallest unit lies below the whole.</param>
    public static void Add(this IList<CardanoTokenOptions> tokens, string symbol, string policy, string assetName, int decimals)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        tokens.Add(new CardanoTokenOptions { Symbol = symbol, Policy = policy, AssetName = assetName, Decimals = decimals });
    }
}
