namespace ChainWatch;

/// <summary>What a token's own contract says of it, beside what is configured. The configuration is what counts: a contract may be changed, or have somebody else answer for it.</summary>
public sealed class TokenMetadata
{
    /// <summary>The token as it is configured.</summary>
    public required Asset Asset { get; init; }

    /// <summary>How many decimal digits the contract says that its base unit lies below a whole one; <see langword="null"/> where it does not say.</summary>
    public int? Decimals { get; init; }

    /// <summary>The symbol that the contract says, at most 32 characters, without such as cannot be shown; <see langword="null"/> where it does not say.</summary>
    public string? Symbol { get; init; }

    /// <summary>True where the contract says other decimals than the configuration: whoever reckons in whole units is wrong by a power of ten then, one way or the other.</summary>
    public bool Contradicts => Decimals is { } said && said != Asset.Decimals;
}
