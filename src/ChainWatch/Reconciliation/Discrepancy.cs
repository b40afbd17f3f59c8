using System.Numerics;

namespace ChainWatch;

/// <summary>One difference between the records and the chain, explained as far as it can be.</summary>
public sealed record Discrepancy
{
    /// <summary>The watched address, as recorded.</summary>
    public required string Address { get; init; }

    /// <summary>Which side has what the other has not.</summary>
    public required ReconciliationResult Result { get; init; }

    /// <summary>What it is.</summary>
    public required DiscrepancyKind Kind { get; init; }

    /// <summary>The asset's symbol; <see langword="null"/> where it is about the address as a whole.</summary>
    public string? Asset { get; init; }

    /// <summary>The payment's transaction, as the chain writes it, where it was traced to one.</summary>
    public string? TransactionId { get; init; }

    /// <summary>The payment's place in its transaction, where it was traced to one.</summary>
    public long? Ordinal { get; init; }

    /// <summary>The first block that it may be in: the block itself, where it is the same as <see cref="ToHeight"/>.</summary>
    public required long FromHeight { get; init; }

    /// <summary>The last block that it may be in.</summary>
    public required long ToHeight { get; init; }

    /// <summary>How much the records say, in the asset's base unit: of a payment, or how much came in together.</summary>
    public BigInteger? Recorded { get; init; }

    /// <summary>How much the chain says, in the asset's base unit.</summary>
    public BigInteger? OnChain { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Details { get; init; }

    /// <summary>What became of it.</summary>
    public RepairState Repair { get; init; }

    /// <summary>True where it is explained and harmless: it is reported once, and is no alarm.</summary>
    public bool IsHarmless => DiscrepancyRules.IsHarmless(Kind);

    /// <summary>True where somebody has to look: it is neither harmless, nor unknown, nor repaired.</summary>
    public bool IsAlarm => !IsHarmless && Result != ReconciliationResult.Unknown && Repair != RepairState.Repaired;
}
