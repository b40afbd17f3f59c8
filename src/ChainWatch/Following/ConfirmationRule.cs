using System.Numerics;

namespace ChainWatch;

/// <summary>An exception to a chain's confirmation: payments of an asset up to an amount.</summary>
public sealed class ConfirmationRule
{
    /// <summary>The asset's symbol; <see langword="null"/> for every asset.</summary>
    public string? Asset { get; init; }

    /// <summary>The largest amount the rule covers, in the asset's base unit; <see langword="null"/> for every amount.</summary>
    public BigInteger? UpTo { get; init; }

    /// <summary>When such a payment is confirmed.</summary>
    public required Confirmation Confirmation { get; init; }
}
