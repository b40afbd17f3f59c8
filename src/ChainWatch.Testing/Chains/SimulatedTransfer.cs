using System.Numerics;

namespace ChainWatch.Testing;

/// <summary>One movement of value on a simulated chain.</summary>
public sealed record SimulatedTransfer
{
    /// <summary>The address that receives.</summary>
    public required AddressKey To { get; init; }

    /// <summary>The address that sends; <see langword="null"/> where the chain would not say it.</summary>
    public string? From { get; init; }

    /// <summary>What is moved: <see cref="SimulatedChain.Coin"/> or <see cref="SimulatedChain.Token"/>.</summary>
    public required Asset Asset { get; init; }

    /// <summary>How much, in the asset's base unit.</summary>
    public required BigInteger Amount { get; init; }

    /// <summary>The memo that comes with it.</summary>
    public string? Tag { get; init; }
}
