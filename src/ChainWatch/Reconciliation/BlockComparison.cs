using System.Numerics;

namespace ChainWatch;

/// <summary>
/// Reads blocks again, matches them as the follower does, and compares each payment with its record. What it says about a payment holds whatever the balances say.
/// </summary>
internal sealed class BlockComparison(ChainRegistration registration, IReconciliationStore store)
{
    /// <summary>How many blocks are compared with their records at once.</summary>
    private const int Piece = 500;

    /// <summary>How often the source may have nothing new before it is believed.</summary>
    private const int MaxIdles = 20;

    private static readonly FollowerOptions s_limits = new() { MaxBlocks = Piece, MaxPayments = 5_000 };

    private Chain Chain => registration.Chain;

    /// <summary>Compares the payments of addresses in a range of blocks, each from a height of its own on.</summary>
    /// <param name="compared">The addresses, with the first height that counts for each.</param>
    /// <param name="from">The first block.</param>
    /// <param name="to">The last block, at or below <paramref name="point"/>.</param>
    /// <param name="point">The canonical point that all of it belongs to.</param>
    /// <param name="progress">Told the height that it has come to.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The sums of what the blocks pay each address, parts of its balance included.</returns>
    /// <exception cref="ChainMovedException">The chain replaced blocks meanwhile.</exception>
    public async Task<IReadOnlyDictionary<(AddressKey Key, string Asset), BigInteger>> CompareAsync(
        IReadOnlyCollection<(ComparedAddress Address, long From)> compared, long from, long to, ChainPoint point, Action<long>? progress, CancellationToken cancellationToken)
    {
        Dictionary<AddressKey, (ComparedAddress Address, long From)> addresses = [];
        foreach ((ComparedAddress Address, long From) one in compared)
        {
            foreach (AddressKey key in one.Address.Keys.Where(key => key == one.Address.Key || !addresses.ContainsKey(key)))
            {
                addresses[key] = one;
            }
        }

        AddressKey[] keys = [.. addresses.Keys];
        AddressSet watched = AddressSet.Create(Chain.Format.AddressKeyLength, keys.Length).Add(keys);
        SourceRequest request = new() { Known = [], StartHeight = from, EndHeight = to, Watched = () => watched };
        Dictionary<(AddressKey, string), BigInteger> sums = [];
        OutputSet outputs = await OwnOutputsAsync(keys, from, to, point, cancellationToken);
        int idles = 0;
        using PendingBatch pending = new();
        await foreach (ChainUpdate update in registration.CreateSource().ReadAsync(request, cancellationToken))
        {
            if (update is not RollForward forward)
            {
                // A block of the chain is replaced, or gone for longer than an endpoint that lags would explain.
                if (update is RollBack || ++idles > MaxIdles)
                {
                    throw new ChainMovedException();
                }

                continue;
            }

            PendingBlock block = new(forward.Block);
            long height = forward.Block.Header.Point.Height;
            if (height > to)
            {
                forward.Block.Dispose();
                break;
            }

            if (!block.Match(watched))
            {
                forward.Block.Dispose();
                throw new ChainWatchException($"Block {height} of chain '{Chain.Name}' could not be matched against the addresses that it was read for.");
            }

            foreach (Transfer transfer in block.Transfers)
            {
                AddressKey owner = Chain.Format.BalanceOwnerOf(transfer.To);
                sums[(owner, transfer.Asset.Symbol)] = sums.GetValueOrDefault((owner, transfer.Asset.Symbol)) + transfer.Amount;
                if (Chain.Format.OutputOf(new PaymentId(transfer.TransactionId, transfer.Ordinal)) is { } output)
                {
                    outputs.Add(output);
                }
            }

            block.FindSpends(outputs);
            pending.Add(block);
            if (height >= to || pending.IsFull(s_limits))
            {
                await ComparePieceAsync(pending.Blocks, addresses, keys, point, cancellationToken);
                progress?.Invoke(height);
                pending.Clear();
            }

            if (height >= to)
            {
                return sums;
            }
        }

        throw new ChainMovedException();
    }

    /// <summary>The outputs whose spending these blocks may hold: those that are recorded already, and not as spent before.</summary>
    private async Task<OutputSet> OwnOutputsAsync(IReadOnlyList<AddressKey> keys, long from, long to, ChainPoint point, CancellationToken cancellationToken)
    {
        OutputSet outputs = new();
        if (Chain.Format.OrdinalsPerOutput > 0)
        {
            foreach (Payment payment in (await ReadAsync(point, keys, 0, to, withPoints: false, cancellationToken)).Payments)
            {
                if (Chain.Format.OutputOf(payment.Id) is { } output && (payment.Spent is null || payment.Spent.Block.Height >= from))
                {
                    outputs.Add(output);
                }
            }
        }

        return outputs;
    }

    private async Task ComparePieceAsync(
        IReadOnlyList<PendingBlock> blocks, Dictionary<AddressKey, (ComparedAddress Address, long From)> addresses, IReadOnlyList<AddressKey> keys, ChainPoint point, CancellationToken cancellationToken)
    {
        long first = blocks[0].Block.Header.Point.Height;
        long last = blocks[^1].Block.Header.Point.Height;
        RecordedPayments recorded = await ReadAsync(point, keys, first, last, withPoints: true, cancellationToken);
        foreach (PendingBlock block in blocks)
        {
            ChainPoint read = block.Block.Header.Point;
            if (recorded.Points.TryGetValue(read.Height, out ChainPoint stored) && stored.Hash != read.Hash)
            {
                throw new ChainMovedException();
            }
        }

        Dictionary<PaymentId, Payment> rows = recorded.Payments.ToDictionary(static one => one.Id);
        List<(ComparedAddress Address, Transfer Transfer, ChainPoint Block)> unknown = [];
        foreach (PendingBlock block in blocks)
        {
            ChainPoint at = block.Block.Header.Point;
            foreach (Transfer transfer in block.Transfers)
            {
                (ComparedAddress address, long from) = addresses[transfer.To];
                PaymentId id = new(transfer.TransactionId, transfer.Ordinal);
                if (!rows.Remove(id, out Payment? row))
                {
                    if (at.Height >= from)
                    {
                        unknown.Add((address, transfer, at));
                    }
                }
                else
                {
                    Compare(address, row, transfer, at);
                }
            }
        }

        await TellUnknownAsync(unknown, point, cancellationToken);
        foreach (Payment row in rows.Values)
        {
            (ComparedAddress address, long from) = addresses[row.To];
            if (row.Block.Height < from)
            {
                continue;
            }

            bool orphaned = recorded.Points.TryGetValue(row.Block.Height, out ChainPoint there) && there.Hash != row.Block.Hash;
            address.Add(
                orphaned ? DiscrepancyKind.Orphaned : DiscrepancyKind.ExtraPayment, row.Id, row.Block.Height, row.Asset, row.Amount, onChain: null,
                orphaned ? $"It is recorded in a block that is not the one at height {row.Block.Height}, and that block does not hold it." : $"Block {row.Block.Height} does not hold it.");
        }

        await CompareSpendsAsync(blocks, addresses, keys, point, cancellationToken);
    }

    private void Compare(ComparedAddress address, Payment row, Transfer transfer, ChainPoint at)
    {
        string[] differences =
        [
            .. Differing(row.Amount != transfer.Amount, "amount"),
            .. Differing(Chain.Format.BalanceOwnerOf(row.To) != Chain.Format.BalanceOwnerOf(transfer.To), "address"),
            .. Differing(!string.Equals(row.Asset, transfer.Asset.Symbol, StringComparison.Ordinal), "asset"),
            .. Differing(!string.Equals(row.Tag, transfer.Tag, StringComparison.Ordinal), "tag"),
            .. Differing(row.Block.Hash != at.Hash, "block"),
        ];
        if (differences.Length > 0)
        {
            address.Add(DiscrepancyKind.ChangedPayment, row.Id, at.Height, transfer.Asset.Symbol, row.Amount, transfer.Amount, $"It is recorded with another {string.Join(" and another ", differences)} than block {at.Height} holds it with.");
        }
    }

    /// <summary>A payment without a row among those of its block may still have one, at another block or for another address: then it is changed, not missing.</summary>
    private async Task TellUnknownAsync(List<(ComparedAddress Address, Transfer Transfer, ChainPoint Block)> unknown, ChainPoint point, CancellationToken cancellationToken)
    {
        if (unknown.Count == 0)
        {
            return;
        }

        IReadOnlyDictionary<PaymentId, Payment> stored = await store.FindPaymentsAsync(Chain, point, [.. unknown.Select(static one => new PaymentId(one.Transfer.TransactionId, one.Transfer.Ordinal))], cancellationToken)
            ?? throw new ChainMovedException();
        foreach ((ComparedAddress address, Transfer transfer, ChainPoint block) in unknown)
        {
            PaymentId id = new(transfer.TransactionId, transfer.Ordinal);
            if (stored.TryGetValue(id, out Payment? row) && row.Status != PaymentStatus.Retracted)
            {
                Compare(address, row, transfer, block);
            }
            else
            {
                address.Add(
                    DiscrepancyKind.MissingPayment, id, block.Height, transfer.Asset.Symbol, recorded: null, transfer.Amount,
                    row is null ? $"Block {block.Height} holds it, and it is not recorded." : $"Block {block.Height} holds it, and it is recorded as retracted.");
            }
        }
    }

    private async Task CompareSpendsAsync(
        IReadOnlyList<PendingBlock> blocks, Dictionary<AddressKey, (ComparedAddress Address, long From)> addresses, IReadOnlyList<AddressKey> keys, ChainPoint point, CancellationToken cancellationToken)
    {
        OutputSpent[] spends = [.. blocks.SelectMany(static block => block.Spends)];
        if (spends.Length == 0)
        {
            return;
        }

        ILookup<OutputId?, Payment> rows = (await ReadAsync(point, keys, 0, point.Height, withPoints: false, cancellationToken)).Payments.ToLookup(payment => Chain.Format.OutputOf(payment.Id));
        foreach (OutputSpent spent in spends)
        {
            foreach (Payment row in rows[spent.Output].Where(static row => row.Spent is null))
            {
                addresses[row.To].Address.Add(
                    DiscrepancyKind.MissedSpending, row.Id, row.Block.Height, row.Asset, row.Amount, onChain: null,
                    $"Transaction {Chain.Format.FormatHash(spent.SpentBy)} in block {spent.Block.Height} spends it, and that is not recorded.");
            }
        }
    }

    private async Task<RecordedPayments> ReadAsync(ChainPoint point, IReadOnlyList<AddressKey> keys, long from, long to, bool withPoints, CancellationToken cancellationToken) =>
        await store.ReadPaymentsAsync(Chain, point, keys, from, to, withPoints, cancellationToken) ?? throw new ChainMovedException();

    private static IEnumerable<string> Differing(bool differs, string what) => differs ? [what] : [];
}
