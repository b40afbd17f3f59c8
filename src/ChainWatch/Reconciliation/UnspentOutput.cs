using System.Numerics;

namespace ChainWatch;

/// <summary>An output that nobody has spent yet; with the same identity as the payment that it came with.</summary>
public sealed class UnspentOutput
{
    /// <summary>The id of the transaction that made it.</summary>
    public required Hash256 TransactionId { get; init; }

    /// <summary>Where it stands in that transaction: <see cref="Transfer.Ordinal"/> of the transfer that it is.</summary>
    public required long Ordinal { get; init; }

    /// <summary>What it holds.</summary>
    public required Asset Asset { get; init; }

    /// <summary>How much, in the asset's base unit.</summary>
    public required BigInteger Amount { get; init; }

    /// <summary>The height of its block, where the endpoint says it.</summary>
    public long? Height { get; init; }
}
