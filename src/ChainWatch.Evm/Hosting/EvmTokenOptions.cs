namespace ChainWatch.Evm;

/// <summary>A token that is watched. Anyone can make a contract that claims any symbol, so only contracts that are named here count.</summary>
public sealed class EvmTokenOptions
{
    /// <summary>The name under which the token is recorded, as in <c>USDC</c>; unique within its chain. It need not be what the contract says.</summary>
    public string? Symbol { get; set; }

    /// <summary>The token's contract.</summary>
    public string? Contract { get; set; }

    /// <summary>How many decimal digits the base unit lies below the whole token.</summary>
    /// <value>0 to 77. It has no default: 6 for USDC and USDT on most chains, 18 for most others.</value>
    public int? Decimals { get; set; }
}
