namespace ChainWatch.Testing;

/// <summary>
/// A transaction of a simulated chain: an id and its transfers, in order. It can stand in blocks of several branches, once in each; a transfer's place in the list is
/// its ordinal, and so part of the payment's identity.
/// </summary>
public sealed class SimulatedTransaction
{
    /// <summary>Creates a transaction.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="transfers">Its transfers, in order.</param>
    public SimulatedTransaction(Hash256 id, params IReadOnlyList<SimulatedTransfer> transfers)
    {
        Id = id;
        Transfers = transfers;
    }

    /// <summary>Its id.</summary>
    public Hash256 Id { get; }

    /// <summary>Its transfers, in order.</summary>
    public IReadOnlyList<SimulatedTransfer> Transfers { get; }

    /// <summary>
    /// The outputs that it spends, on a chain that has them: transfers of other transactions, by their ordinals. In a branch that does not hold such an output, or spends it before, nothing is spent.
    /// </summary>
    public IReadOnlyList<OutputId> Spends { get; init; } = [];

    /// <summary>
    /// The same transaction with other effects, as when a contract runs again in a block of another branch and pays out another amount: the identity stays, the content
    /// does not.
    /// </summary>
    public SimulatedTransaction With(params IReadOnlyList<SimulatedTransfer> transfers) => new(Id, transfers) { Spends = Spends };

    /// <inheritdoc/>
    public override string ToString() => $"{Id.ToString()[..8]} ({Transfers.Count} transfers)";
}
