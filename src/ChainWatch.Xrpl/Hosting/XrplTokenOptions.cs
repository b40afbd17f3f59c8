namespace ChainWatch.Xrpl;

/// <summary>
/// An issued currency (<see cref="Currency"/> and <see cref="Issuer"/>) or a multi-purpose token (<see cref="IssuanceId"/>) that is watched. Anyone can issue a currency of any
/// name, so only those that are named here, with their issuer, count.
/// </summary>
public sealed class XrplTokenOptions
{
    /// <summary>The decimals of an issued currency where <see cref="Decimals"/> does not say otherwise.</summary>
    public const int DefaultDecimals = 40;

    /// <summary>The name under which the token is recorded, as in <c>USD.bitstamp</c>; unique within its chain.</summary>
    public string? Symbol { get; set; }

    /// <summary>An issued currency's code: three characters, or 40 hexadecimal digits.</summary>
    public string? Currency { get; set; }

    /// <summary>An issued currency's issuer, a classic address.</summary>
    public string? Issuer { get; set; }

    /// <summary>A multi-purpose token's issuance: 48 hexadecimal digits.</summary>
    public string? IssuanceId { get; set; }

    /// <summary>How many decimal digits the base unit, in which amounts are recorded as whole numbers, lies below the whole token.</summary>
    /// <value>
    /// 0 to 96. A multi-purpose token needs it: its AssetScale. An issued currency's amounts have 16 digits anywhere between 10^-81 and 10^96, while a recorded amount has 78 digits at
    /// most; with the default, 40, every amount from 10^-25 to 10^38 is recorded exactly. One that does not fit is never rounded, but held and told in the log.
    /// </value>
    public int? Decimals { get; set; }
}
