using System.Numerics;

namespace ChainWatch.Testing;

/// <summary>
/// Tells what a <see cref="SimulatedChain"/> holds for addresses at any of its canonical points: what was paid to them and not spent, and whatever a test had happen beside payments, as an owner's
/// spending or a token's rebasing.
/// </summary>
public sealed class SimulatedStateReader : IChainStateReader
{
    private readonly SimulatedChain _chain;
    private readonly List<Movement> _movements = [];
    private readonly Lock _lock = new();
    private long _calls;

    /// <summary>Creates a reader.</summary>
    /// <param name="chain">The chain.</param>
    public SimulatedStateReader(SimulatedChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        _chain = chain;
    }

    /// <inheritdoc/>
    public int MaxAddresses { get; set; } = 10;

    /// <summary>How many of the newest blocks there is state of.</summary>
    /// <value>The default is all.</value>
    public long Keeps { get; set; } = long.MaxValue;

    /// <summary>Whether the newest state is all that it knows, whatever it is asked for.</summary>
    public bool KnowsOnlyNewest { get; set; }

    /// <summary>Whether it tells how many transactions an address has sent.</summary>
    /// <value>The default is true.</value>
    public bool TellsSent { get; set; } = true;

    /// <summary>Called before each answer is made, as by a chain that moves while it is read.</summary>
    public Action? BeforeAnswer { get; set; }

    /// <summary>How often it was asked for state.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Has a block change a balance by something other than a payment.</summary>
    /// <param name="block">The block; in branches without it, nothing changed.</param>
    /// <param name="address">The address.</param>
    /// <param name="amount">By how much, below zero where it is less.</param>
    /// <param name="asset">Of what; the default is the chain's coin.</param>
    /// <param name="transactions">How many transactions the address sent for it.</param>
    /// <param name="moved">What the chain says about it when it is asked.</param>
    public void Change(MinedBlock block, string address, BigInteger amount, Asset? asset = null, int transactions = 0, BlockMovements? moved = null)
    {
        ArgumentNullException.ThrowIfNull(block);
        lock (_lock)
        {
            _movements.Add(new Movement(block, _chain.Chain.Format.ParseAddress(address), asset ?? _chain.Coin, amount, transactions, moved ?? new BlockMovements()));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        Interlocked.Increment(ref _calls);
        BeforeAnswer?.Invoke();
        MinedBlock head = _chain.Head;
        MinedBlock? block = at is null || KnowsOnlyNewest ? head : _chain.Find(at.Value.Hash);
        if (at is { } point && point.Height > head.Height)
        {
            return new(Answer<ChainState>.NotYet($"the head is {head.Height}"));
        }

        if (block is null || !_chain.IsCanonical(block))
        {
            return new(Answer<ChainState>.Unknown("the block is not canonical"));
        }

        if (head.Height - block.Height >= Keeps)
        {
            return new(Answer<ChainState>.Unknown($"there is no state of block {block.Height} any more"));
        }

        return new(Answer<ChainState>.Found(new ChainState { Point = block.Point, Endpoint = "simulated-1", Addresses = [.. addresses.Select(key => Read(key, block))] }));
    }

    /// <inheritdoc/>
    public ValueTask<Answer<BlockMovements>> ReadMovementsAsync(AddressKey address, Asset asset, ChainPoint block, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Movement[] all = [.. _movements.Where(one => one.Block.Hash == block.Hash && one.Key == address && one.Asset == asset)];
            return new(Answer<BlockMovements>.Found(new BlockMovements
            {
                Sent = Sum(all, static one => one.Moved.Sent),
                Fees = Sum(all, static one => one.Moved.Fees),
                Withdrawn = Sum(all, static one => one.Moved.Withdrawn),
                IsRewarded = all.Any(static one => one.Moved.IsRewarded),
            }));
        }
    }

    private static BigInteger Sum(IEnumerable<Movement> movements, Func<Movement, BigInteger> amount) => movements.Aggregate(BigInteger.Zero, (sum, one) => sum + amount(one));

    private AddressState Read(AddressKey key, MinedBlock block)
    {
        bool hasOutputs = _chain.Chain.Format.OrdinalsPerOutput > 0;
        List<UnspentOutput> outputs = [];
        HashSet<OutputId> spent = [];
        HashSet<MinedBlock> branch = [];
        for (MinedBlock? one = block; one is not null; one = one.Parent)
        {
            branch.Add(one);
            spent.UnionWith(one.Spends.Select(static spending => spending.Output));
            foreach (SimulatedTransaction transaction in one.Transactions)
            {
                for (int ordinal = 0; ordinal < transaction.Transfers.Count; ordinal++)
                {
                    SimulatedTransfer transfer = transaction.Transfers[ordinal];
                    if (transfer.To == key && !(hasOutputs && spent.Contains(new OutputId(transaction.Id, ordinal))))
                    {
                        outputs.Add(new UnspentOutput { TransactionId = transaction.Id, Ordinal = ordinal, Asset = transfer.Asset, Amount = transfer.Amount, Height = one.Height });
                    }
                }
            }
        }

        lock (_lock)
        {
            Movement[] moved = [.. _movements.Where(one => one.Key == key && branch.Contains(one.Block))];
            return new AddressState
            {
                Key = key,
                Balances =
                [
                    .. _chain.Chain.Assets.Select(asset => new AssetBalance(
                        asset,
                        outputs.Where(output => output.Asset == asset).Aggregate(BigInteger.Zero, static (sum, output) => sum + output.Amount) + Sum(moved.Where(one => one.Asset == asset), static one => one.Amount))),
                ],
                Unspent = hasOutputs ? outputs : null,
                Sent = TellsSent && !hasOutputs ? moved.Sum(static one => (long)one.Transactions) : null,
            };
        }
    }

    private sealed record Movement(MinedBlock Block, AddressKey Key, Asset Asset, BigInteger Amount, int Transactions, BlockMovements Moved);
}
