namespace ChainWatch;

/// <summary>How a payment's output was spent.</summary>
public sealed record Spending
{
    /// <summary>The id of the transaction that spends it, as the chain writes it.</summary>
    public required string TransactionId { get; init; }

    /// <summary>The canonical block that holds that transaction.</summary>
    public required ChainPoint Block { get; init; }
}
