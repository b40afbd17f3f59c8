using System.Numerics;

namespace ChainWatch;

/// <summary>
/// Compares an address of a chain of accounts: what its balance changed between two points, with what was recorded in between. Where they differ, or the owner was at work, the blocks that made the
/// difference are looked for by halving, and each is compared payment by payment.
/// </summary>
internal sealed class AccountComparison(ChainRegistration registration, StateReading reading, IReconciliationStore store, BlockComparison blocks, ReconciliationOptions options)
{
    private Chain Chain => registration.Chain;

    /// <summary>Compares one address between two points.</summary>
    /// <param name="address">The address.</param>
    /// <param name="low">Its state at the first point.</param>
    /// <param name="high">Its state at the last point.</param>
    /// <param name="point">The last point.</param>
    /// <param name="recorded">The sums of what was recorded after the first point, up to the last.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task CompareAsync(ComparedAddress address, StateSample low, StateSample high, ChainPoint point, IReadOnlyDictionary<string, BigInteger> recorded, CancellationToken cancellationToken)
    {
        Asset[] assets = [.. Chain.Assets.Where(asset => high.Has(asset))];
        foreach (Asset asset in Chain.Assets.Except(assets))
        {
            address.Add(DiscrepancyKind.NotReadable, low.Height + 1, high.Height, $"The balance of {asset.Symbol} could not be read.", asset);
        }

        if (!high.IsBusierThan(low) && assets.All(asset => high[asset] - low[asset] == recorded.GetValueOrDefault(asset.Symbol)))
        {
            return;
        }

        RecordedPayments payments = await store.ReadPaymentsAsync(Chain, point, address.Keys, low.Height + 1, high.Height, withPoints: false, cancellationToken) ?? throw new ChainMovedException();
        Search search = new(this, address, assets, payments.Payments, point, options.MaxLookups, cancellationToken);
        await search.SplitAsync(low, high);
    }

    /// <summary>The looking for the blocks of one address.</summary>
    private sealed class Search(AccountComparison owner, ComparedAddress address, Asset[] assets, IReadOnlyList<Payment> payments, ChainPoint point, int lookups, CancellationToken cancellationToken)
    {
        private int _left = lookups;

        public async Task SplitAsync(StateSample low, StateSample high)
        {
            if (IsQuiet(low, high))
            {
                return;
            }

            if (high.Height - low.Height == 1)
            {
                await TellBlockAsync(low, high);
                return;
            }

            if (await LookBetweenAsync(low.Height, high.Height) is { } middle)
            {
                await SplitAsync(low, middle);
                await SplitAsync(middle, high);
            }
            else
            {
                await TellRangeAsync(low, high);
            }
        }

        private bool IsQuiet(StateSample low, StateSample high) => !high.IsBusierThan(low) && assets.All(asset => Difference(asset, low, high).IsZero);

        /// <summary>How much more the balance changed than was recorded.</summary>
        private BigInteger Difference(Asset asset, StateSample low, StateSample high) => high[asset] - low[asset] - Recorded(asset, low.Height, high.Height);

        private BigInteger Recorded(Asset asset, long after, long to)
        {
            BigInteger sum = BigInteger.Zero;
            foreach (Payment payment in payments)
            {
                if (payment.Block.Height > after && payment.Block.Height <= to && string.Equals(payment.Asset, asset.Symbol, StringComparison.Ordinal))
                {
                    sum += payment.Amount;
                }
            }

            return sum;
        }

        private async Task<StateSample?> LookBetweenAsync(long low, long high)
        {
            if (_left-- <= 0)
            {
                return null;
            }

            long middle = low + ((high - low) / 2);
            return await owner.SampleAsync(address.Key, middle, cancellationToken);
        }

        private async Task TellBlockAsync(StateSample low, StateSample high)
        {
            var paid = await CompareBlocksAsync(low, high);
            ChainPoint block = high.Point;
            foreach (Asset asset in assets)
            {
                BigInteger found = paid.GetValueOrDefault((address.Key, asset.Symbol));
                BigInteger remainder = high[asset] - low[asset] - found;
                if (remainder.IsZero)
                {
                    continue;
                }

                BlockMovements? moved = await owner.ReadMovementsAsync(address.Key, asset, block, cancellationToken);
                foreach ((DiscrepancyKind kind, BigInteger amount) in DiscrepancyRules.Explain(asset.Id is null, remainder, found, moved))
                {
                    address.Add(
                        kind, block.Height, block.Height,
                        $"Block {block.Height} changed the balance by {asset.FormatAmount(amount)} {asset.Symbol} beyond the payments that it holds.", asset, found, found + amount);
                }
            }
        }

        private async Task TellRangeAsync(StateSample low, StateSample high)
        {
            bool read = high.Height - low.Height <= owner.MaxBlocks;
            IReadOnlyDictionary<(AddressKey, string), BigInteger>? paid = read ? await CompareBlocksAsync(low, high) : null;
            foreach (Asset asset in assets)
            {
                BigInteger known = paid is null ? Recorded(asset, low.Height, high.Height) : paid.GetValueOrDefault((address.Key, asset.Symbol));
                BigInteger remainder = high[asset] - low[asset] - known;
                if (!remainder.IsZero)
                {
                    address.Add(
                        DiscrepancyRules.ExplainRange(asset.Id is null, remainder, read, high.Sent - low.Sent), low.Height + 1, high.Height,
                        $"From block {low.Height + 1} to {high.Height} the balance changed by {asset.FormatAmount(remainder)} {asset.Symbol} beyond the payments; the blocks were not found, since the state between could not be read or there are too many.",
                        asset, known, known + remainder);
                }
            }
        }

        private async Task<IReadOnlyDictionary<(AddressKey Key, string Asset), BigInteger>> CompareBlocksAsync(StateSample low, StateSample high) => await owner.CompareBlocksAsync(address, low.Height + 1, high.Height, point, cancellationToken);
    }

    private long MaxBlocks => options.MaxBlocks;

    private async Task<StateSample?> SampleAsync(AddressKey key, long height, CancellationToken cancellationToken) =>
        await store.FindPointAsync(Chain, height, cancellationToken) is { } at && await reading.ReadAsync([key], at, cancellationToken) is { } state ? new StateSample(at, state.Addresses[0]) : null;

    private ValueTask<BlockMovements?> ReadMovementsAsync(AddressKey key, Asset asset, ChainPoint block, CancellationToken cancellationToken) => reading.ReadMovementsAsync(key, asset, block, cancellationToken);

    private Task<IReadOnlyDictionary<(AddressKey Key, string Asset), BigInteger>> CompareBlocksAsync(ComparedAddress address, long from, long to, ChainPoint point, CancellationToken cancellationToken) =>
        blocks.CompareAsync([(address, from)], from, to, point, progress: null, cancellationToken);
}
