namespace ChainWatch.Bitcoin;

/// <summary>
/// Tells of transactions that pay to watched addresses and wait in a node's pool: that they came, that another one took their place there, that a block holds a conflicting one, that they are gone.
/// One that is mined is told by its block, elsewhere.
/// </summary>
/// <remarks>What is held is bounded: the ids of the node's pool, and the payments of at most <see cref="MostHeld"/> transactions.</remarks>
internal sealed class PoolWatch(PoolReader reader, BitcoinNetwork network, Asset coin, TimeSpan interval, TimeProvider time)
{
    public const int MostHeld = 10_000;
    private const int MostHeads = 200;

    private readonly Dictionary<Hash256, PooledTransaction> _held = [];
    private readonly Dictionary<OutputId, Hash256> _spenders = [];
    private readonly Queue<Hash256> _heads = [];
    private HashSet<Hash256> _seen = [];
    private string? _endpoint;

    /// <summary>Watches until cancelled.</summary>
    public async Task RunAsync(Func<AddressSet> watched, Func<PendingChange, CancellationToken, Task> tell, CancellationToken cancellationToken)
    {
        while (true)
        {
            await LookAsync(watched(), tell, cancellationToken);
            await Task.Delay(interval, time, cancellationToken);
        }
    }

    /// <summary>Looks once. Where no node answers, nothing is told.</summary>
    public async Task LookAsync(AddressSet watched, Func<PendingChange, CancellationToken, Task> tell, CancellationToken cancellationToken)
    {
        Answer<PoolLook> answer = await reader.LookAsync(_seen, _heads.Count == 0 ? null : _heads.Contains, cancellationToken);
        if (!answer.IsFound)
        {
            return;
        }

        using PoolLook look = answer.Value;
        List<PendingChange> changes = [];
        foreach (BitcoinBlock block in look.Blocks)
        {
            TakeBlock(block, changes);
        }

        Remember(look.Head);
        HashSet<Hash256> seen = [.. _seen.Where(look.Ids.Contains)];
        foreach ((Hash256 id, byte[] bytes) in look.News)
        {
            seen.Add(id);
            TakeTransaction(id, bytes, look.Ids, watched, changes);
        }

        TakeMissing(look, changes);
        _seen = seen;
        _endpoint = look.Endpoint;
        foreach (PendingChange change in changes)
        {
            await tell(change, cancellationToken);
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
                    Tell(PendingPaymentEventKind.Conflicted, _held[holder], spent.SpentBy, changes);
                }

                Forget(_held[holder]);
            }
        }
    }

    private void TakeTransaction(Hash256 id, byte[] bytes, IReadOnlySet<Hash256> pool, AddressSet watched, List<PendingChange> changes)
    {
        if (_held.ContainsKey(id))
        {
            // Another node, without it in its pool, was looked at in between.
            return;
        }

        TransactionParts parts;
        List<OutputId> inputs = [];
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
        }
        catch (BlockFormatException)
        {
            // Of a kind that only a later version knows. In a block it is looked at again.
            return;
        }

        if (parts.ComputeId(bytes) != id)
        {
            return;
        }

        foreach (OutputId input in inputs)
        {
            if (_spenders.TryGetValue(input, out Hash256 before) && before != id && !pool.Contains(before))
            {
                Tell(PendingPaymentEventKind.Replaced, _held[before], id, changes);
                Forget(_held[before]);
            }
        }

        PaymentList payments = new();
        TransactionMatcher matcher = new(bytes, watched);
        if (_held.Count < MostHeld && watched.Count > 0 && matcher.Touches(parts))
        {
            matcher.Report(parts, coin, maturity: 0, payments);
        }

        if (payments.Transfers.Count > 0)
        {
            PooledTransaction transaction = new(id, inputs, payments.Transfers);
            _held[id] = transaction;
            inputs.ForEach(input => _spenders[input] = id);
            Tell(PendingPaymentEventKind.Pending, transaction, displacedBy: null, changes);
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
                Tell(PendingPaymentEventKind.Evicted, transaction, displacedBy: null, changes);
                Forget(transaction);
            }
        }
    }

    private static void Tell(PendingPaymentEventKind kind, PooledTransaction transaction, Hash256? displacedBy, List<PendingChange> changes)
    {
        foreach (Transfer transfer in transaction.Transfers)
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

        public void Add(Transfer transfer)
        {
            // A coin that is watched by hand: its being spent is told when it is certain.
            if (transfer.Ordinal >= 0)
            {
                Transfers.Add(transfer);
            }
        }
    }
}
