namespace ChainWatch;

/// <summary>Something that can be paid with on a chain: its native coin, or a token.</summary>
public sealed class Asset
{
    /// <summary>The name under which the asset is configured and recorded, as in <c>ETH</c> or <c>USDC</c>; unique within its chain.</summary>
    public required string Symbol { get; init; }

    /// <summary>How many decimal digits the base unit lies below the whole unit: 18 for ether, 8 for bitcoin.</summary>
    public required int Decimals { get; init; }

    /// <summary>The chain's own name of a token (contract address, policy and name, currency and issuer); <see langword="null"/> for the native coin.</summary>
    public string? Id { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Symbol;
}
