namespace ChainWatch.Xrpl;

/// <summary>Short ways to write tokens in code.</summary>
public static class XrplTokenOptionsExtensions
{
    /// <summary>Adds an issued currency to watch.</summary>
    /// <param name="tokens">The chain's tokens.</param>
    /// <param name="symbol">The name under which it is recorded.</param>
    /// <param name="currency">Its code: three characters, or 40 hexadecimal digits.</param>
    /// <param name="issuer">Its issuer.</param>
    public static void Add(this IList<XrplTokenOptions> tokens, string symbol, string currency, string issuer)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        tokens.Add(new XrplTokenOptions { Symbol = symbol, Currency = currency, Issuer = issuer });
    }

    /// <summary>Adds a multi-purpose token to watch.</summary>
    /// <param name="tokens">The chain's tokens.</param>
    /// <param name="symbol">The name under which it is recorded.</param>
    /// <param name="issuanceId">Its issuance: 48 hexadecimal digits.</param>
    /// <param name="decimals">Its AssetScale.</param>
    public static void Add(this IList<XrplTokenOptions> tokens, string symbol, string issuanceId, int decimals)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        tokens.Add(new XrplTokenOptions { Symbol = symbol, IssuanceId = issuanceId, Decimals = decimals });
    }
}
