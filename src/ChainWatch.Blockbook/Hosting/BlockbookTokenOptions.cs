namespace ChainWatch.Blockbook;

/// <summary>A token that is watched, on a chain of Ethereum's kind. Anyone can make a contract of any name, so only the contracts that are named here count.</summary>
public sealed class BlockbookTokenOptions
{
    /// <summary>The name under which the token is recorded, as in <c>USDC</c>; unique within its chain.</summary>
    public string? Symbol { get; set; }

    /// <summary>The contract's address.</summary>
    public string? Contract { get; set; }

    /// <summary>How many decimal digits the token's base unit lies below the whole token.</summary>
    /// <value>0 to 77; it must be given.</value>
    public int? Decimals { get; set; }
}
