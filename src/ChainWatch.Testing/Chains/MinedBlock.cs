namespace ChainWatch.Testing;

/// <summary>A block of a simulated chain's tree, whether it is canonical or not.</summary>
public sealed class MinedBlock
{
    internal MinedBlock(MinedBlock? parent, BlockHeader header, IReadOnlyList<SimulatedTransaction> transactions)
    {
        Parent = parent;
        Header = header;
        Transactions = transactions;
        Spends = FindSpends();
    }

    /// <summary>The block before it; <see langword="null"/> for the first.</summary>
    public MinedBlock? Parent { get; }

    /// <summary>Its header.</summary>
    public BlockHeader Header { get; }

    /// <summary>Its height and hash.</summary>
    public ChainPoint Point => Header.Point;

    /// <summary>Its height.</summary>
    public long Height => Header.Point.Height;

    /// <summary>Its hash.</summary>
    public Hash256 Hash => Header.Point.Hash;

    /// <summary>Its transactions, in order.</summary>
    public IReadOnlyList<SimulatedTransaction> Transactions { get; }

    /// <summary>The outputs that it spends, with the transactions that spend them.</summary>
    public IReadOnlyList<OutputSpent> Spends { get; }

    /// <summary>True once it was part of the canonical chain, even if it is no more.</summary>
    public bool WasCanonical { get; internal set; }

    /// <summary>The block at a height on the way from this one back to the first; <see langword="null"/> where there is none.</summary>
    public MinedBlock? AncestorAt(long height)
    {
        MinedBlock? block = this;
        while (block is not null && block.Height > height)
        {
            block = block.Parent;
        }

        return block is not null && block.Height == height ? block : null;
    }

    /// <summary>True when this block is <paramref name="other"/>, or comes after it in the same branch.</summary>
    public bool DescendsFrom(MinedBlock other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return AncestorAt(other.Height) == other;
    }

    /// <summary>True when this block or one before it holds the transaction.</summary>
    public bool BranchHolds(Hash256 transactionId)
    {
        for (MinedBlock? block = this; block is not null; block = block.Parent)
        {
            foreach (SimulatedTransaction transaction in block.Transactions)
            {
                if (transaction.Id == transactionId)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private List<OutputSpent> FindSpends()
    {
        List<OutputSpent> spends = [];
        foreach (SimulatedTransaction transaction in Transactions)
        {
            foreach (OutputId output in transaction.Spends)
            {
                if (BranchHolds(output.TransactionId) && !spends.Exists(one => one.Output == output) && Parent?.BranchSpends(output) is not true)
                {
                    spends.Add(new OutputSpent(output, transaction.Id, Point));
                }
            }
        }

        return spends;
    }

    private bool BranchSpends(OutputId output)
    {
        for (MinedBlock? block = this; block is not null; block = block.Parent)
        {
            foreach (OutputSpent spent in block.Spends)
            {
                if (spent.Output == output)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Height} ({Hash.ToString()[..8]}, {Transactions.Count} transactions)";
}
