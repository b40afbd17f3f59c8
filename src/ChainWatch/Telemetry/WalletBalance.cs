using System.Numerics;

namespace ChainWatch;

/// <summary>What one of the host's own wallets held when it was last reported.</summary>
public sealed class WalletBalance
{
    /// <summary>The chain's name.</summary>
    public required string Chain { get; init; }

    /// <summary>The wallet's name.</summary>
    public required string Wallet { get; init; }

    /// <summary>The asset's symbol.</summary>
    public required string Asset { get; init; }

    /// <summary>The balance, in the asset's base unit.</summary>
    public required BigInteger Amount { get; init; }

    /// <summary>How many digits of <see cref="Amount"/> stand after the point.</summary>
    public required int Decimals { get; init; }

    /// <summary>How long ago it was reported.</summary>
    public required TimeSpan Age { get; init; }
}
