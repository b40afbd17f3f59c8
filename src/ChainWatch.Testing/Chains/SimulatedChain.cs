using System.Numerics;

namespace ChainWatch.Testing;

/// <summary>
/// A chain in memory, with all that a real one can do to a watcher: it grows, forks, goes back and forth between branches, gets shorter, mines a transaction again
/// elsewhere, drops or replaces it, and moves its safe and finalized marks. The same seed and the same calls give the same hashes. Nothing happens by itself: a test, or
/// <see cref="SimulatedTraffic"/>, drives it. Safe to use from several threads.
/// </summary>
public sealed class SimulatedChain
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Hash256, MinedBlock> _blocks = [];
    private readonly List<MinedBlock> _mined = [];
    private readonly List<MinedBlock> _canonical = [];
    private readonly SeededRandom _random;
    private readonly TimeProvider _time;
    private MinedBlock? _safe;
    private MinedBlock? _finalized;
    private long _version;
    private readonly HashSet<TaskCompletionSource> _waiters = [];

    /// <summary>Creates a chain that has its first block.</summary>
    /// <param name="name">Its name, as the host names it.</param>
    /// <param name="seed">Decides its hashes.</param>
    /// <param name="timeProvider">Where its blocks take their time from; the default is the machine's clock.</param>
    /// <param name="blockTime">The usual time between two blocks; the default is one second.</param>
    /// <param name="hasOutputs">Whether it is a chain of outputs, in which each transfer is an output that a later transaction can spend.</param>
    /// <param name="hasTags">Whether payments to an account can be watched by their tags (<see cref="SimulatedFormat.WithTags"/>). Pay the account, with a tag.</param>
    /// <exception cref="ArgumentException">It is to have both.</exception>
    public SimulatedChain(string name = "simulated", long seed = 1, TimeProvider? timeProvider = null, TimeSpan? blockTime = null, bool hasOutputs = false, bool hasTags = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (hasOutputs && hasTags)
        {
            throw new ArgumentException("A simulated chain has outputs or tags, not both.", nameof(hasTags));
        }

        _random = new SeededRandom(seed);
        _time = timeProvider ?? TimeProvider.System;
        Coin = new Asset { Symbol = "SIM", Decimals = 18 };
        Token = new Asset { Symbol = "TOK", Decimals = 6, Id = "token-1" };
        Chain = new Chain
        {
            Name = name,
            Kind = "simulated",
            Format = hasOutputs ? SimulatedFormat.WithOutputs : hasTags ? SimulatedFormat.WithTags : SimulatedFormat.Instance,
            BlockTime = blockTime ?? TimeSpan.FromSeconds(1),
            Assets = [Coin, Token],
        };
        Genesis = Add(null, []);
        Genesis.WasCanonical = true;
        _canonical.Add(Genesis);
    }

    /// <summary>The chain as ChainWatch knows it.</summary>
    public Chain Chain { get; }

    /// <summary>The native coin, <c>SIM</c>, with 18 decimals.</summary>
    public Asset Coin { get; }

    /// <summary>The token, <c>TOK</c>, with 6 decimals.</summary>
    public Asset Token { get; }

    /// <summary>The first block, at height 0.</summary>
    public MinedBlock Genesis { get; }

    /// <summary>The newest canonical block.</summary>
    public MinedBlock Head
    {
        get
        {
            lock (_lock)
            {
                return _canonical[^1];
            }
        }
    }

    /// <summary>The newest block that the chain calls safe; <see langword="null"/> until <see cref="MarkSafe"/>.</summary>
    public MinedBlock? Safe
    {
        get
        {
            lock (_lock)
            {
                return _safe;
            }
        }
    }

    /// <summary>The newest block that the chain calls final; <see langword="null"/> until <see cref="MarkFinalized"/>.</summary>
    public MinedBlock? Finalized
    {
        get
        {
            lock (_lock)
            {
                return _finalized;
            }
        }
    }

    /// <summary>A number that grows with every change of the canonical chain or its marks.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    /// <summary>The canonical blocks, from the first to the head, as they are now.</summary>
    public IReadOnlyList<MinedBlock> Canonical
    {
        get
        {
            lock (_lock)
            {
                return [.. _canonical];
            }
        }
    }

    /// <summary>A new transaction, not mined yet, that pays to one address.</summary>
    /// <param name="to">The address that receives.</param>
    /// <param name="amount">How much, in the asset's base unit.</param>
    /// <param name="asset">What; the default is <see cref="Coin"/>.</param>
    /// <param name="tag">The memo that comes with it.</param>
    public SimulatedTransaction Pay(string to, BigInteger amount, Asset? asset = null, string? tag = null) =>
        Pay(Transfer(Chain.Format.ParseAddress(to), amount, asset, tag));

    /// <summary>A new transaction, not mined yet, with these transfers.</summary>
    public SimulatedTransaction Pay(params IReadOnlyList<SimulatedTransfer> transfers)
    {
        lock (_lock)
        {
            return new SimulatedTransaction(_random.NextHash(), transfers);
        }
    }

    /// <summary>A transfer, to be made part of a transaction.</summary>
    public SimulatedTransfer Transfer(in AddressKey to, BigInteger amount, Asset? asset = null, string? tag = null) =>
        new() { To = to, Amount = amount, Asset = asset ?? Coin, Tag = tag };

    /// <summary>Adds a canonical block after the head.</summary>
    /// <returns>The block.</returns>
    public MinedBlock Mine(params IReadOnlyList<SimulatedTransaction> transactions)
    {
        lock (_lock)
        {
            MinedBlock block = Add(_canonical[^1], transactions);
            MakeCanonical(block);
            return block;
        }
    }

    /// <summary>Adds empty canonical blocks after the head.</summary>
    public void MineEmpty(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 0);
        for (int mined = 0; mined < count; mined++)
        {
            Mine();
        }
    }

    /// <summary>Adds a block after any block, on a branch of its own, without making it canonical: what an endpoint on an orphaned branch sees.</summary>
    public MinedBlock Attach(MinedBlock parent, params IReadOnlyList<SimulatedTransaction> transactions)
    {
        ArgumentNullException.ThrowIfNull(parent);
        lock (_lock)
        {
            return Add(parent, transactions);
        }
    }

    /// <summary>
    /// Replaces the newest blocks with a new branch, in one step as watchers see it. The branch may be longer, as long or shorter, and empty.
    /// </summary>
    /// <param name="depth">How many blocks are replaced, from 1 up.</param>
    /// <param name="branch">The transactions of each new block.</param>
    /// <returns>The new head.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="depth"/> is less than 1 or more than there are blocks after the first.</exception>
    public MinedBlock Reorg(int depth, params IReadOnlyList<IReadOnlyList<SimulatedTransaction>> branch)
    {
        ArgumentNullException.ThrowIfNull(branch);
        lock (_lock)
        {
            CheckDepth(depth);
            MinedBlock head = _canonical[^(depth + 1)];
            foreach (IReadOnlyList<SimulatedTransaction> transactions in branch)
            {
                head = Add(head, transactions);
            }

            MakeCanonical(head);
            return head;
        }
    }

    /// <summary>Replaces the newest blocks with empty ones.</summary>
    /// <param name="depth">How many blocks are replaced, from 1 up.</param>
    /// <param name="length">How many new ones there are.</param>
    /// <returns>The new head.</returns>
    public MinedBlock ReorgEmpty(int depth, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 0);
        return Reorg(depth, [.. Enumerable.Repeat<IReadOnlyList<SimulatedTransaction>>([], length)]);
    }

    /// <summary>Replaces the newest blocks with as many that hold the same transactions: every payment moves, none goes.</summary>
    /// <param name="depth">How many blocks are replaced, from 1 up.</param>
    /// <param name="extra">How many empty blocks come on top, so that the new branch is the longer one.</param>
    /// <returns>The new head.</returns>
    public MinedBlock ReorgSame(int depth, int extra = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(extra, 0);
        lock (_lock)
        {
            CheckDepth(depth);
            List<IReadOnlyList<SimulatedTransaction>> branch = [.. _canonical.TakeLast(depth).Select(static block => block.Transactions)];
            for (int added = 0; added < extra; added++)
            {
                branch.Add([]);
            }

            return Reorg(depth, branch);
        }
    }

    /// <summary>Takes the newest blocks away: the head is lower than it was.</summary>
    /// <param name="depth">How many, from 1 up.</param>
    /// <returns>The new head.</returns>
    public MinedBlock RollBack(int depth) => Reorg(depth);

    /// <summary>Makes any block of the tree the head, with the branch that leads to it: back to an abandoned branch, for one.</summary>
    public void SwitchTo(MinedBlock head)
    {
        ArgumentNullException.ThrowIfNull(head);
        lock (_lock)
        {
            MakeCanonical(head);
        }
    }

    /// <summary>Calls the canonical blocks up to a height safe. It may be asked to go back; that is the caller's affair.</summary>
    public void MarkSafe(long height)
    {
        lock (_lock)
        {
            _safe = AtLocked(height) ?? throw NoBlock(height);
            Changed();
        }
    }

    /// <summary>Calls the canonical blocks up to a height final, and safe. Replacing them afterwards is a finality violation, which ChainWatch must refuse to follow.</summary>
    public void MarkFinalized(long height)
    {
        lock (_lock)
        {
            _finalized = AtLocked(height) ?? throw NoBlock(height);
            if (_safe is null || _safe.Height < height)
            {
                _safe = _finalized;
            }

            Changed();
        }
    }

    /// <summary>The canonical block at a height; <see langword="null"/> where there is none.</summary>
    public MinedBlock? At(long height)
    {
        lock (_lock)
        {
            return AtLocked(height);
        }
    }

    /// <summary>The block with a hash, canonical or not; <see langword="null"/> where there is none.</summary>
    public MinedBlock? Find(Hash256 hash)
    {
        lock (_lock)
        {
            return _blocks.GetValueOrDefault(hash);
        }
    }

    /// <summary>True when the block is part of the canonical chain now.</summary>
    public bool IsCanonical(MinedBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        return At(block.Height) == block;
    }

    /// <summary>All blocks that were ever mined and are not canonical now, in the order in which they were mined.</summary>
    public IReadOnlyList<MinedBlock> Orphans()
    {
        lock (_lock)
        {
            return [.. _mined.Where(block => AtLocked(block.Height) != block)];
        }
    }

    /// <summary>Every canonical transfer to an address, with its block: what a watcher that saw the whole chain must know in the end.</summary>
    /// <param name="address">The address.</param>
    public IReadOnlyList<(MinedBlock Block, PaymentId Id, SimulatedTransfer Transfer)> TransfersTo(string address)
    {
        AddressKey key = Chain.Format.ParseAddress(address);
        List<(MinedBlock, PaymentId, SimulatedTransfer)> found = [];
        foreach (MinedBlock block in Canonical)
        {
            foreach (SimulatedTransaction transaction in block.Transactions)
            {
                for (int ordinal = 0; ordinal < transaction.Transfers.Count; ordinal++)
                {
                    if (transaction.Transfers[ordinal].To == key)
                    {
                        found.Add((block, new PaymentId(transaction.Id, ordinal), transaction.Transfers[ordinal]));
                    }
                }
            }
        }

        return found;
    }

    /// <summary>Completes when the chain has changed since a version.</summary>
    public async Task WaitForChangeAsync(long sinceVersion, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_version > sinceVersion)
            {
                return;
            }

            _waiters.Add(waiter);
        }

        try
        {
            // Awaited as it is: a combination of tasks would resume by way of the thread pool.
            await using CancellationTokenRegistration cancelled = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiter);
            await waiter.Task;
        }
        finally
        {
            lock (_lock)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    private static ArgumentOutOfRangeException NoBlock(long height) => new(nameof(height), height, "There is no canonical block at this height.");

    private MinedBlock? AtLocked(long height) => height >= 0 && height < _canonical.Count ? _canonical[(int)height] : null;

    private MinedBlock Add(MinedBlock? parent, IReadOnlyList<SimulatedTransaction> transactions)
    {
        BlockHeader header = new()
        {
            Point = new ChainPoint(parent is null ? 0 : parent.Height + 1, _random.NextHash()),
            ParentHash = parent?.Hash ?? default,
            Timestamp = _time.GetUtcNow(),
        };
        MinedBlock block = new(parent, header, [.. transactions]);
        _blocks.Add(block.Hash, block);
        _mined.Add(block);
        return block;
    }

    private void MakeCanonical(MinedBlock head)
    {
        List<MinedBlock> added = [];
        MinedBlock block = head;
        while (AtLocked(block.Height) != block)
        {
            added.Add(block);
            block = block.Parent ?? throw new ArgumentException("The block belongs to another chain.", nameof(head));
        }

        _canonical.RemoveRange((int)block.Height + 1, _canonical.Count - (int)block.Height - 1);
        added.Reverse();
        foreach (MinedBlock one in added)
        {
            one.WasCanonical = true;
            _canonical.Add(one);
        }

        Changed();
    }

    private void CheckDepth(int depth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, _canonical.Count - 1);
    }

    private void Changed()
    {
        _version++;
        foreach (TaskCompletionSource waiter in _waiters)
        {
            waiter.TrySetResult();
        }
    }
}
