using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>
/// The naive model. It knows the truth (the simulated chain, with the content of every block), who was registered when, and in what order things were committed; from
/// that alone it says, after each commit, which events must have been told and how every payment must stand. It takes nothing from what the engine found.
/// </summary>
internal sealed class Oracle
{
    private readonly SimulatedChain _simulated;
    private readonly ConfirmationPolicy _policy;
    private readonly Verdict _verdict;
    private readonly Dictionary<PaymentId, ExpectedPayment> _payments = [];
    private readonly Dictionary<AddressKey, (PaymentReference? Reference, long RegisteredAt)> _watched = [];
    private readonly Dictionary<AddressKey, long> _since = [];
    private readonly HashSet<AddressKey> _everRemoved = [];
    private readonly Dictionary<Hash256, long> _committedAt = [];
    private readonly Dictionary<long, (IReadOnlyList<AddressKey> Keys, long ToHeight)> _backScans = [];
    private readonly List<MinedBlock> _chain = [];
    private readonly List<PaymentEvent> _events = [];
    private long _clock;

    public Oracle(SimulatedChain simulated, ConfirmationPolicy policy, Verdict verdict)
    {
        _simulated = simulated;
        _policy = policy;
        _verdict = verdict;
    }

    /// <summary>The blocks that are committed and not rolled back, ascending.</summary>
    public IReadOnlyList<MinedBlock> Chain => _chain;

    /// <summary>The point below the first block, when even the first one was replaced.</summary>
    public ChainPoint? Anchor { get; private set; }

    public ChainPoint? Cursor => _chain.Count > 0 ? _chain[^1].Point : Anchor;

    public ChainMarks Marks { get; private set; } = new(-1, -1, -1);

    public ChainPoint? Finalized { get; private set; }

    public IReadOnlyList<PaymentEvent> Events => _events;

    public IReadOnlyDictionary<PaymentId, ExpectedPayment> Payments => _payments;

    public Dictionary<PaymentEventKind, long> Told { get; } = [];

    public long Commits { get; private set; }

    public long Reorgs { get; private set; }

    public int WatchedCount => _watched.Count;

    public bool IsWatched(AddressKey key) => _watched.ContainsKey(key);

    public PaymentReference? ReferenceOf(AddressKey key) => _watched.TryGetValue(key, out var entry) ? entry.Reference : null;

    public void Registered(IReadOnlyList<WatchRegistration> registrations, IReadOnlyList<BackScan> backScansNow)
    {
        _clock++;
        foreach (WatchRegistration one in registrations)
        {
            if (_watched.TryAdd(one.Key, (one.Reference, _clock)))
            {
                _since.Remove(one.Key);
            }

            if (one.Since is { } since)
            {
                _since[one.Key] = Math.Min(since, _since.GetValueOrDefault(one.Key, long.MaxValue));
            }
        }

        foreach (BackScan scan in backScansNow)
        {
            _backScans.TryAdd(scan.Id, (scan.Keys, scan.ToHeight));
        }
    }

    public void Removed(AddressKey key)
    {
        _clock++;
        _watched.Remove(key);
        _since.Remove(key);
        _everRemoved.Add(key);
    }

    public void Committed(CommitBatch batch, CommitResult result)
    {
        _clock++;
        Commits++;
        Dictionary<PaymentId, List<Expected>> expected = [];
        _verdict.Check(batch.Cursor == Cursor, () => $"a commit was accepted whose cursor {Say(batch.Cursor)} is not the committed one {Say(Cursor)}");
        if (Cursor is null && batch.Blocks.Count > 0)
        {
            LowerBackScans(batch.Blocks[0].Point.Height - 1);
        }

        Dictionary<PaymentId, ExpectedPayment> orphaned = RollBack(batch);
        // A payment outlives the watching of its address, and is followed into the new branch with whatever it has become there.
        HashSet<AddressKey> outlived = [.. orphaned.Values.Select(static payment => payment.To).Where(to => !_watched.ContainsKey(to))];
        foreach (BlockHeader header in batch.Blocks)
        {
            MinedBlock? block = _simulated.Find(header.Point.Hash);
            if (block is null || block.Height != header.Point.Height)
            {
                _verdict.Fail($"block {Say(header.Point)} was committed, but does not exist");
                return;
            }

            _verdict.Check(
                Cursor is not { } cursor || (block.Height == cursor.Height + 1 && block.Header.ParentHash == cursor.Hash),
                () => $"block {Say(block.Point)} was committed after {Say(Cursor)}, which is not its parent");
            _chain.Add(block);
            _committedAt[block.Hash] = _clock;
            TakeBlock(block, orphaned, outlived, expected);
        }

        foreach (ExpectedPayment gone in orphaned.Values)
        {
            Step(expected, PaymentEventKind.Retracted, gone with { Status = PaymentStatus.Retracted });
        }

        TakeMarks(batch);
        Confirm(expected);
        Compare(expected, result.Events, $"commit {Commits}, {(batch.RollBackTo is { } target ? $"back to {target.Height}, " : "")}{Say(batch.Blocks)}");
    }

    public void ScannedBack(BackScanBatch batch, CommitResult result)
    {
        _clock++;
        Dictionary<PaymentId, List<Expected>> expected = [];
        if (!_backScans.TryGetValue(batch.BackScanId, out var scan))
        {
            _verdict.Fail($"back-scan {batch.BackScanId} was committed, but never queued");
            return;
        }

        foreach (BlockHeader header in batch.Blocks)
        {
            MinedBlock block = _simulated.Find(header.Point.Hash)!;
            MinedBlock? committed = _chain.Count > 0 && block.Height >= _chain[0].Height && block.Height <= _chain[^1].Height ? _chain[(int)(block.Height - _chain[0].Height)] : null;
            _verdict.Check(committed is null || committed == block, () => $"back-scan {batch.BackScanId} took block {Say(block.Point)}, but {Say(committed!.Point)} is committed");
            if (block.Height > scan.ToHeight)
            {
                continue;
            }

            foreach ((PaymentId id, SimulatedTransfer transfer) in TransfersOf(block))
            {
                if (scan.Keys.Contains(transfer.To) && _watched.ContainsKey(transfer.To) &&
                    (!_payments.TryGetValue(id, out ExpectedPayment? before) || before.Status == PaymentStatus.Retracted))
                {
                    Step(expected, PaymentEventKind.Detected, Detect(block, id, transfer));
                }
            }
        }

        if (expected.Count > 0 && _simulated.Chain.Format.OrdinalsPerOutput > 0)
        {
            // It goes on to the cursor, to see what later blocks spend of what it found.
            _backScans[batch.BackScanId] = scan with { ToHeight = Math.Max(scan.ToHeight, Cursor?.Height ?? -1) };
        }

        Confirm(expected);
        Compare(expected, result.Events, $"back-scan {batch.BackScanId}, {Say(batch.Blocks)}");
    }

    /// <summary>
    /// What must be there at a quiet point, from the final chain alone: every transfer in it to an address that was watched when its block was committed, or since a height
    /// at or below it, once, in that block; and no other payment alive. What a back-scan found below the first block that was ever read hangs on no block that is held, so
    /// whether the chain still has it is not judged.
    /// </summary>
    public void CheckAgainstFinalChain()
    {
        HashSet<PaymentId> alive = [];
        foreach (MinedBlock block in _simulated.Canonical.Where(block => block.Height >= _chain[0].Height || Anchor is null))
        {
            foreach ((PaymentId id, SimulatedTransfer transfer) in TransfersOf(block))
            {
                bool must = _watched.TryGetValue(transfer.To, out var watched) && !_everRemoved.Contains(transfer.To) &&
                    ((_committedAt.TryGetValue(block.Hash, out long at) && at > watched.RegisteredAt) || (_since.TryGetValue(transfer.To, out long since) && since <= block.Height));
                bool there = _payments.TryGetValue(id, out ExpectedPayment? payment) && payment.Status != PaymentStatus.Retracted;
                _verdict.Check(!must || there, () => $"{Short(id)} in canonical block {Say(block.Point)} is missing: {payment}");
                if (there && payment!.Block.Height < _chain[0].Height)
                {
                    continue;
                }

                if (there)
                {
                    alive.Add(id);
                    _verdict.Check(payment!.Block == block.Point && payment.Amount == transfer.Amount && payment.To == transfer.To,
                        () => $"{payment} stands otherwise in the chain: block {Say(block.Point)}, {transfer.Amount}");
                    _verdict.Check(payment!.Status == PaymentStatus.Confirmed || payment.ConfirmationHeight > Marks[payment.Mark], () => $"{payment} is not confirmed at {Marks}");
                }
            }
        }

        foreach (ExpectedPayment payment in _payments.Values)
        {
            _verdict.Check(
                payment.Status == PaymentStatus.Retracted || alive.Contains(payment.Id) || payment.Block.Height < _chain[0].Height,
                () => $"{payment} lives, but is not in the chain");
        }
    }

    private Dictionary<PaymentId, ExpectedPayment> RollBack(CommitBatch batch)
    {
        Dictionary<PaymentId, ExpectedPayment> orphaned = [];
        if (batch.RollBackTo is not { } target)
        {
            return orphaned;
        }

        Reorgs++;
        bool inside = _chain.Exists(block => block.Point == target);
        bool below = _chain.Count > 0 ? target.Height < _chain[0].Height : target.Height <= Anchor?.Height;
        _verdict.Check(inside || below, () => $"a commit went back to {Say(target)}, which is not among the committed blocks");
        _chain.RemoveAll(block => block.Height > target.Height);
        if (below)
        {
            Anchor = target;
        }

        foreach (ExpectedPayment payment in _payments.Values)
        {
            if (payment.Block.Height > target.Height && payment.Status != PaymentStatus.Retracted)
            {
                orphaned.Add(payment.Id, payment);
            }
        }

        LowerBackScans(target.Height);
        return orphaned;
    }

    /// <summary>What lies above is matched by the follower itself.</summary>
    private void LowerBackScans(long height)
    {
        foreach (long id in _backScans.Keys.ToArray())
        {
            _backScans[id] = _backScans[id] with { ToHeight = Math.Min(_backScans[id].ToHeight, height) };
        }
    }

    private void TakeBlock(MinedBlock block, Dictionary<PaymentId, ExpectedPayment> orphaned, HashSet<AddressKey> outlived, Dictionary<PaymentId, List<Expected>> expected)
    {
        foreach ((PaymentId id, SimulatedTransfer transfer) in TransfersOf(block))
        {
            bool live = orphaned.Remove(id, out ExpectedPayment? old);
            if (live)
            {
                ExpectedPayment next = Detect(block, id, transfer);
                if (old!.SameContent(next))
                {
                    if (old.Block != next.Block)
                    {
                        Step(expected, PaymentEventKind.Moved, old with { Block = next.Block, Mark = next.Mark, ConfirmationHeight = next.ConfirmationHeight });
                    }

                    continue;
                }

                Step(expected, PaymentEventKind.Retracted, old with { Status = PaymentStatus.Retracted });
            }

            bool followed = live && outlived.Contains(old!.To) && outlived.Contains(transfer.To);
            if ((_watched.ContainsKey(transfer.To) || followed) && (!_payments.TryGetValue(id, out ExpectedPayment? before) || before.Status == PaymentStatus.Retracted))
            {
                Step(expected, PaymentEventKind.Detected, Detect(block, id, transfer));
            }
        }
    }

    private void TakeMarks(CommitBatch batch)
    {
        long head = Cursor?.Height ?? -1;
        _verdict.Check(batch.Marks.Head == head, () => $"the head mark is {batch.Marks.Head}, the cursor {head}");
        _verdict.Check(batch.Marks.Safe <= head && batch.Marks.Finalized <= head, () => $"marks {batch.Marks} are above the cursor");
        _verdict.Check(batch.Finalized is not { } final || Finalized is not { } before || final.Height >= before.Height, () => $"the final point went back from {Say(Finalized)} to {Say(batch.Finalized)}");
        _verdict.Check(
            batch.Finalized is not { } point || _chain.Count == 0 || point.Height < _chain[0].Height || _chain.Exists(block => block.Point == point),
            () => $"the final point {Say(batch.Finalized)} is not among the committed blocks");
        Marks = batch.Marks;
        Finalized = batch.Finalized ?? Finalized;
    }

    private void Confirm(Dictionary<PaymentId, List<Expected>> expected)
    {
        foreach (ExpectedPayment payment in _payments.Values.ToArray())
        {
            if (payment.Status == PaymentStatus.Detected && payment.ConfirmationHeight <= Marks[payment.Mark])
            {
                Step(expected, PaymentEventKind.Confirmed, payment with { Status = PaymentStatus.Confirmed });
            }
        }
    }

    private void Step(Dictionary<PaymentId, List<Expected>> expected, PaymentEventKind kind, ExpectedPayment payment)
    {
        _payments[payment.Id] = payment;
        if (!expected.TryGetValue(payment.Id, out List<Expected>? steps))
        {
            steps = [];
            expected.Add(payment.Id, steps);
        }

        steps.Add(new Expected(kind, payment));
    }

    private ExpectedPayment Detect(MinedBlock block, PaymentId id, SimulatedTransfer transfer)
    {
        Confirmation confirmation = _policy.For(new Transfer { TransactionId = id.TransactionId, Ordinal = id.Ordinal, To = transfer.To, Asset = transfer.Asset, Amount = transfer.Amount, Tag = transfer.Tag });
        return new ExpectedPayment
        {
            Id = id,
            To = transfer.To,
            Asset = transfer.Asset.Symbol,
            Amount = transfer.Amount,
            Tag = transfer.Tag,
            Status = PaymentStatus.Detected,
            Block = block.Point,
            Mark = confirmation.Mark,
            ConfirmationHeight = confirmation.HeightFor(block.Height),
            Reference = ReferenceOf(transfer.To),
        };
    }

    private void Compare(Dictionary<PaymentId, List<Expected>> expected, IReadOnlyList<PaymentEvent> told, string where)
    {
        foreach (PaymentEvent one in told)
        {
            _verdict.Check(_events.Count == 0 || one.Sequence > _events[^1].Sequence, () => $"{where}: event {one.Sequence} comes after {_events[^1].Sequence}");
            _events.Add(one);
            Told[one.Kind] = Told.GetValueOrDefault(one.Kind) + 1;
        }

        foreach (PaymentId id in expected.Keys.Union(told.Select(static one => one.Payment.Id)))
        {
            string must = string.Join("; ", expected.GetValueOrDefault(id, []));
            string did = string.Join("; ", told.Where(one => one.Payment.Id == id).Select(static one => new Expected(one.Kind, ExpectedPayment.Of(one.Payment))));
            _verdict.Check(must == did, () => $"{where}: of {Short(id)} was told [{did}] instead of [{must}]");
        }
    }

    public static IEnumerable<(PaymentId Id, SimulatedTransfer Transfer)> TransfersOf(MinedBlock block)
    {
        foreach (SimulatedTransaction transaction in block.Transactions)
        {
            for (int ordinal = 0; ordinal < transaction.Transfers.Count; ordinal++)
            {
                yield return (new PaymentId(transaction.Id, ordinal), transaction.Transfers[ordinal]);
            }
        }
    }

    public static string Say(ChainPoint? point) => point is { } one ? $"{one.Height} ({one.Hash.ToString()[..6]})" : "none";

    public static string Say(IReadOnlyList<PaymentEvent> events) => string.Join("; ", events.Select(static one => $"{one.Sequence} {one.Kind} {Short(one.Payment.Id)} in {Say(one.Payment.Block)}"));

    public static string Say(IReadOnlyList<BlockHeader> blocks) => blocks.Count == 0 ? "no blocks" : $"blocks {Say(blocks[0].Point)} to {Say(blocks[^1].Point)}";

    private static string Short(PaymentId id) => $"{id.TransactionId.ToString()[..6]}/{id.Ordinal}";

    private readonly record struct Expected(PaymentEventKind Kind, ExpectedPayment Payment)
    {
        public override string ToString() => $"{Kind} {Payment}";
    }
}
