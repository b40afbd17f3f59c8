namespace ChainWatch;

/// <summary>Compares an address of a chain of outputs: the outputs that the chain says are unspent at a point, with the payments that are recorded as unspent there.</summary>
internal sealed class OutputComparison(ChainRegistration registration, IReconciliationStore store, BlockComparison blocks)
{
    private Chain Chain => registration.Chain;

    /// <summary>Compares one address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="from">The first block that counts for it.</param>
    /// <param name="point">The point.</param>
    /// <param name="unspent">What the chain says is unspent there.</param>
    /// <param name="before">What was unspent before <paramref name="from"/> already, where the endpoint tells no heights; <see langword="null"/> where that is not known.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task CompareAsync(ComparedAddress address, long from, ChainPoint point, IReadOnlyList<UnspentOutput> unspent, IReadOnlySet<PaymentId>? before, CancellationToken cancellationToken)
    {
        RecordedPayments recorded = await store.ReadPaymentsAsync(Chain, point, [address.Key], from, point.Height, withPoints: false, cancellationToken) ?? throw new ChainMovedException();
        Dictionary<PaymentId, Payment> rows = recorded.Payments.ToDictionary(static one => one.Id);
        SortedSet<long> doubtful = [];
        foreach (UnspentOutput output in unspent.Where(output => output.Height is null || output.Height >= from))
        {
            PaymentId id = new(output.TransactionId, output.Ordinal);
            if (rows.Remove(id, out Payment? row))
            {
                Compare(address, row, output, point, doubtful);
            }
            else if (output.Height is { } height)
            {
                doubtful.Add(height);
            }
            else if (before?.Contains(id) is not true)
            {
                address.Add(
                    before is null ? DiscrepancyKind.NoOpeningBalance : DiscrepancyKind.MissingPayment, id, from, output.Asset.Symbol, recorded: null, output.Amount,
                    before is null ? "The chain has it, and it is not recorded; it may be older than the watching of its address." : "The chain has it, it is not recorded, and it is not older than the watching of its address.");
            }
        }

        // What no output holds, as rewards that accounts of such a chain get, is not among the unspent.
        foreach (Payment row in rows.Values.Where(row => Chain.Format.OutputOf(row.Id) is not null && !IsSpentAt(row, point)))
        {
            doubtful.Add(row.Block.Height);
        }

        foreach (long height in doubtful)
        {
            await blocks.CompareAsync([(address, height)], height, height, point, progress: null, cancellationToken);
        }

        foreach (Payment row in rows.Values.Where(row => Chain.Format.OutputOf(row.Id) is not null && !IsSpentAt(row, point) && !IsTold(address, row)))
        {
            address.Add(
                DiscrepancyKind.MissedSpending, row.Id, row.Block.Height, row.Asset, row.Amount, onChain: null,
                $"Its block holds it, at block {point.Height} the chain has it no more, and no spending of it is recorded.");
        }
    }

    private static void Compare(ComparedAddress address, Payment row, UnspentOutput output, ChainPoint point, SortedSet<long> doubtful)
    {
        if (row.Amount != output.Amount || !string.Equals(row.Asset, output.Asset.Symbol, StringComparison.Ordinal) || (output.Height is { } height && height != row.Block.Height))
        {
            doubtful.Add(output.Height ?? row.Block.Height);
        }

        if (IsSpentAt(row, point))
        {
            address.Add(
                DiscrepancyKind.WrongSpending, row.Id, row.Block.Height, row.Asset, row.Amount, output.Amount,
                $"It is recorded as spent by {row.Spent!.TransactionId}, and the chain says at block {point.Height} that it is unspent.");
        }
    }

    private static bool IsSpentAt(Payment row, ChainPoint point) => row.Spent is { } spent && spent.Block.Height <= point.Height;

    private bool IsTold(ComparedAddress address, Payment row) =>
        address.Found.Any(one => one.Ordinal == row.Id.Ordinal && string.Equals(one.TransactionId, Chain.Format.FormatHash(row.Id.TransactionId), StringComparison.Ordinal));
}
