namespace ChainWatch.Bitcoin;

/// <summary>
/// Tells of transactions that pay to watched addresses and wait in a node's pool: that they came, that another one took their place there, that a block holds a conflicting one, that they are gone.
/// One that is mined is told by its block, elsewhere.
/// </summary>
/// <remarks>
/// What is held is bounded: the ids of the node's pool, marks of at most <see cref="MostMarks"/> outputs in it, and the payments of at most <see cref="MostHeld"/> transactions.
/// </remarks>
internal sealed class PoolWatch(PoolReader reader, BitcoinNetwork network, Asset coin, TimeSpan interval, TimeProvider time)
{
    public const int MostHeld = 10_000;
    public const int MostMarks = 2_000_000;
    private const int MostHeads = 200;

    private readonly Dictionary<Hash256, PooledTransaction> _held = [];
    private readonly Dictionary<OutputId, Hash256> _spenders = [];
    private readonly Queue<Hash256> _heads = [];

    // A mark is a hash of an address that the transaction pays: so one that pays an address which is registered later is found without all of them being fetched anew. Where two addresses have the same
    // mark, a transaction is fetched once for nothing.
    private readonly Dictionary<Hash256, int[]> _seen = [];
    private int _marks;
    private string? _endpoint;

    /// <summary>Watches until cancelled.</summary>
    public async Task RunAsync(PendingAddresses watched, Func<PendingChange, CancellationToken, Task> tell, CancellationToken cancellationToken)
    {
        while (true)
        {
            await LookAsync(watched, tell, cancellationToken);
            await Task.Delay(interval, time, cancellationToken);
        }
    }

    /// <summary>Looks once. Where no node answers, nothing is told.</summary>
    public async Task LookAsync(PendingAddresses watched, Func<PendingChange, CancellationToken, Task> tell, CancellationToken cancellationToken)
    {
        Answer<PoolLook> answer = await reader.LookAsync(_seen.ContainsKey, _heads.Count == 0 ? null : _heads.Contains, cancellationToken);
        if (!answer.IsFound)
        {
            return;
        }

        using PoolLook look = answer.Value;
        ForgetSeen(look.Ids);
        if (look.Ids.Count > 0)
        {
            // After the pool was listed: an address that was registered before it was paid is known by now.
            LookAgain(await watched.UpdateAsync(cancellationToken));
        }

        List<PendingChange> changes = [];
        foreach (BitcoinBlock block in look.Blocks)
        {
            TakeBlock(block, changes);
        }

        Remember(look.Head);
        foreach ((Hash256 id, byte[] bytes) in look.News)
        {
            See(id, TakeTransaction(id, bytes, look.Ids, watched, changes));
        }

        TakeMissing(look, changes);
        _endpoint = look.Endpoint;
        foreach (PendingChange change in changes)
        {
            await tell(change, cancellationToken);
        }
    }

    private void See(in Hash256 id, List<int> marks)
    {
        if (_marks + marks.Count > MostMarks)
        {
            // It is told of with its block, if its address is registered only after this.
            marks.Clear();
        }

        if (_seen.TryAdd(id, [.. marks]))
        {
            _marks += marks.Count;
        }
    }

    private void ForgetSeen(IReadOnlySet<Hash256> pool)
    {
        foreach ((Hash256 id, int[] marks) in _seen)
        {
            if (!pool.Contains(id))
            {
                _marks -= marks.Length;
                _seen.Remove(id);
            }
        }
    }

    /// <summary>Has those that pay newly watched addresses fetched once more, with the next look.</summary>
    private void LookAgain(IReadOnlyList<AddressKey> added)
    {
        if (added.Count == 0)
        {
            return;
        }

        HashSet<int> wanted = [.. added.Select(static key => key.GetHashCode())];
        foreach ((Hash256 id, int[] marks) in _seen)
        {
            if (Array.Exists(marks, wanted.Contains))
            {
                _marks -= marks.Length;
                _seen.Remove(id);
            }
        }
    }

    private void TakeBlock(BitcoinBlock block, List<PendingChange> changes)
    {
        Remember(block.Header.Point.Hash);
        List<OutputSpent> spends = [];
        if (_spenders.Count > 0)
        {
            block.FindSpends(new OutputSet(_spenders.Keys), spends);
        }

        foreach (OutputSpent spent in spends)
        {
            if (_spenders.TryGetValue(spent.Output, out Hash256 holder))
            {
                if (holder != spent.SpentBy)
                {
                    Tell(PendingPaymentEventKind.Conflicted, _held[holder].Transfers, spent.SpentBy, changes);
                }

                Forget(_held[holder]);
            }
        }
    }

    /// <returns>The marks of the addresses that it pays.</returns>
    private List<int> TakeTransaction(Hash256 id, byte[] bytes, IReadOnlySet<Hash256> pool, PendingAddresses watched, List<PendingChange> changes)
    {
        TransactionParts parts;
        List<OutputId> inputs = [];
        List<int> marks = [];
        HashSet<AddressKey> paid = [];
        try
        {
            parts = TransactionParts.Read(bytes, 0, network.ExtensionBlocks);
            WireReader wire = new(bytes, parts.Body);
            for (int left = wire.ReadCount(1); left > 0; left--)
            {
                inputs.Add(Outpoint.Read(wire.Read(Outpoint.WireLength)));
                wire.Skip(wire.ReadLength());
                wire.Skip(4);
            }

            ReadPaid(ref wire, watched, paid, marks);
        }
        catch (BlockFormatException)
        {
            // Of a kind that only a later version knows. In a block it is looked at again.
            return [];
        }

        if (parts.ComputeId(bytes) != id)
        {
            return [];
        }

        foreach (OutputId input in inputs)
        {
            if (_spenders.TryGetValue(input, out Hash256 before) && before != id && !pool.Contains(before))
            {
                Tell(PendingPaymentEventKind.Replaced, _held[before].Transfers, id, changes);
                Forget(_held[before]);
            }
        }

        // It is held already where another node, without it in its pool, was looked at in between, or where an address was registered that it pays too.
        PooledTransaction? held = _held.GetValueOrDefault(id);
        if (paid.Count == 0 || (held is null && _held.Count >= MostHeld))
        {
            return marks;
        }

        PaymentList payments = new();
        new TransactionMatcher(bytes, AddressSet.Create(OutputScript.KeyLength, paid.Count).Add(paid)).Report(parts, coin, maturity: 0, payments);
        Transfer[] news = [.. payments.Transfers.Where(transfer => held is null || held.Transfers.All(one => one.Ordinal != transfer.Ordinal))];
        if (news.Length > 0)
        {
            _held[id] = held is null ? new PooledTransaction(id, inputs, news) : held with { Transfers = [.. held.Transfers, .. news] };
            inputs.ForEach(input => _spenders[input] = id);
            Tell(PendingPaymentEventKind.Pending, news, displacedBy: null, changes);
        }

        return marks;
    }

    /// <summary>Reads the outputs, where the reader stands: the watched addresses that are paid, and the marks of all.</summary>
    private static void ReadPaid(ref WireReader wire, PendingAddresses watched, HashSet<AddressKey> paid, List<int> marks)
    {
        Span<byte> key = stackalloc byte[OutputScript.KeyLength];
        for (int left = wire.ReadCount(1); left > 0; left--)
        {
            wire.Skip(sizeof(long));
            ReadOnlySpan<byte> script = wire.Read(wire.ReadLength());
            if (!OutputScript.HasAddress(script))
            {
                continue;
            }

            script.CopyTo(key);
            key[script.Length..].Clear();
            AddressKey address = new(key);
            marks.Add(address.GetHashCode());
            if (watched.Contains(key))
            {
                paid.Add(address);
            }
        }
    }

    private void TakeMissing(PoolLook look, List<PendingChange> changes)
    {
        foreach (PooledTransaction transaction in _held.Values.ToArray())
        {
            // Each node has a pool of its own. What another one does not have is not gone for that.
            if (look.Ids.Contains(transaction.Id) || look.Endpoint != _endpoint)
            {
                transaction.Missing = 0;
            }
            else if (++transaction.Missing > 1)
            {
                Tell(PendingPaymentEventKind.Evicted, transaction.Transfers, displacedBy: null, changes);
                Forget(transaction);
            }
        }
    }

    private static void Tell(PendingPaymentEventKind kind, IReadOnlyList<Transfer> transfers, Hash256? displacedBy, List<PendingChange> changes)
    {
        foreach (Transfer transfer in transfers)
        {
            changes.Add(new PendingChange(kind, transfer, displacedBy));
        }
    }

    private void Forget(PooledTransaction transaction)
    {
        _held.Remove(transaction.Id);
        foreach (OutputId input in transaction.Inputs)
        {
            _spenders.Remove(input);
        }
    }

    private void Remember(Hash256 head)
    {
        if (!_heads.Contains(head))
        {
            _heads.Enqueue(head);
            if (_heads.Count > MostHeads)
            {
                _heads.Dequeue();
            }
        }
    }

    private sealed class PaymentList : ITransferSink
    {
        public List<Transfer> Transfers { get; } = [];

        // Coins that are watched by hand are not asked for: their being spent is told when it is certain.
        public void Add(Transfer transfer) => Transfers.Add(transfer);
    }
}
