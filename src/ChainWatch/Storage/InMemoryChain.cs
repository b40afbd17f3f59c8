namespace ChainWatch;

/// <summary>Payments, watchlist and back-scans of one chain in an <see cref="InMemoryWatchStore"/>, whose lock guards it.</summary>
internal sealed class InMemoryChain(string name)
{
    private readonly Dictionary<int, InMemoryScope> _scopes = [];
    private readonly Dictionary<PaymentId, Payment> _payments = [];
    private readonly HashSet<PaymentId> _pending = [];
    private readonly SortedDictionary<long, HashSet<PaymentId>> _byHeight = [];
    private readonly Dictionary<PaymentId, long> _spentAt = [];
    private readonly Dictionary<AddressKey, WatchedAddress> _watched = [];
    private readonly List<WatchChange> _changes = [];
    private readonly SortedDictionary<long, BackScan> _backScans = [];
    private readonly List<(IReadOnlyList<AddressKey> Keys, CoverageRange Range, DateTimeOffset At)> _backScanReadings = [];
    private long _lastBackScan;

    public long WatchSequence { get; private set; }

    public InMemoryScope Scope(int partition)
    {
        if (!_scopes.TryGetValue(partition, out InMemoryScope? scope))
        {
            scope = new InMemoryScope();
            _scopes.Add(partition, scope);
        }

        return scope;
    }

    /// <summary>What is stored of all that a batch touches.</summary>
    public IEnumerable<Payment> Touched(CommitBatch batch)
    {
        HashSet<PaymentId> ids = [.. batch.Payments.Select(IdOf).Where(_payments.ContainsKey)];
        if (batch.RollBackTo is { } target)
        {
            foreach ((_, HashSet<PaymentId> atHeight) in _byHeight.Reverse().TakeWhile(pair => pair.Key > target.Height))
            {
                ids.UnionWith(atHeight);
            }
        }

        return ids.Select(id => _payments[id]);
    }

    public IReadOnlyList<Payment> UnwatchedAbove(long height) =>
    [
        .. _byHeight.Reverse().TakeWhile(pair => pair.Key > height)
            .SelectMany(pair => pair.Value)
            .Select(id => _payments[id])
            .Where(payment => payment.Status != PaymentStatus.Retracted && !_watched.ContainsKey(payment.To)),
    ];

    public IEnumerable<Payment> Touched(IEnumerable<PaymentFound> found) => found.Select(IdOf).Where(_payments.ContainsKey).Distinct().Select(id => _payments[id]);

    public PaymentReference? ReferenceOf(AddressKey key) => _watched.GetValueOrDefault(key)?.Reference;

    public void Store(PaymentChanges changes)
    {
        foreach (Payment payment in changes.Inserted.Concat(changes.Updated))
        {
            Store(payment);
        }
    }

    public IReadOnlyList<OutputId> Outputs(ChainFormat format, long? spentAbove) =>
    [
        .. (spentAbove is { } height ? _spentAt.Where(pair => pair.Value > height).Select(static pair => pair.Key) : _payments.Keys.Where(id => !_spentAt.ContainsKey(id)))
            .Where(id => _payments[id].Status != PaymentStatus.Retracted)
            .Select(format.OutputOf)
            .OfType<OutputId>()
            .Distinct(),
    ];

    /// <summary>Takes spendings back that stand above a height.</summary>
    public void Unspend(long aboveHeight)
    {
        foreach (PaymentId id in _spentAt.Where(pair => pair.Value > aboveHeight).Select(static pair => pair.Key).ToArray())
        {
            _spentAt.Remove(id);
            _payments[id] = _payments[id] with { Spent = null };
        }
    }

    /// <summary>Records spendings of the payments that are held.</summary>
    public void Spend(ChainFormat format, IEnumerable<OutputSpent> spends)
    {
        foreach (OutputSpent spent in spends)
        {
            Spending spending = new() { TransactionId = format.FormatHash(spent.SpentBy), Block = spent.Block };
            long first = spent.Output.Index * format.OrdinalsPerOutput;
            for (long ordinal = first; ordinal < first + format.OrdinalsPerOutput; ordinal++)
            {
                PaymentId id = new(spent.Output.TransactionId, ordinal);
                if (_payments.TryGetValue(id, out Payment? payment) && payment.Status != PaymentStatus.Retracted)
                {
                    _payments[id] = payment with { Spent = spending };
                    _spentAt[id] = spent.Block.Height;
                }
            }
        }
    }

    /// <summary>Changes what is stored of a payment, its spending included.</summary>
    public void Rewrite(PaymentId id, Func<Payment, Payment> change)
    {
        Store(change(_payments[id]));
        _spentAt.Remove(id);
        if (_payments[id].Spent is { } spent)
        {
            _spentAt[id] = spent.Block.Height;
        }
    }

    /// <summary>Confirms what the marks have reached, oldest block first.</summary>
    public IReadOnlyList<Payment> Confirm(ChainMarks marks, DateTimeOffset at)
    {
        Payment[] reached =
        [
            .. _pending.Select(id => _payments[id])
                .Where(payment => payment.ConfirmationHeight <= marks[payment.ConfirmationMark])
                .OrderBy(payment => payment.Block.Height),
        ];
        for (int index = 0; index < reached.Length; index++)
        {
            reached[index] = reached[index] with { Status = PaymentStatus.Confirmed, ConfirmedAt = at };
            Store(reached[index]);
        }

        return reached;
    }

    public IReadOnlyList<Payment> NewestPayments(int limit) =>
        [.. _byHeight.Reverse().SelectMany(pair => pair.Value).Select(id => _payments[id]).Take(limit)];

    public IEnumerable<Payment> PaymentsBetween(long fromHeight, long toHeight) =>
        _byHeight.Where(pair => pair.Key >= fromHeight && pair.Key <= toHeight).SelectMany(static pair => pair.Value).Select(id => _payments[id]);

    public WatchedAddress[] Watched() => [.. _watched.Values];

    public WatchedAddress? Find(AddressKey key) => _watched.GetValueOrDefault(key);

    public RegistrationResult Register(IReadOnlyList<WatchRegistration> registrations, DateTimeOffset at)
    {
        long? cursor = Scope(0).Cursor?.Height;
        // Below the first block that was ever read, only back-scans have read anything, for whatever addresses they were queued for.
        long begin = Scope(0).Coverage is [{ } first, ..] ? first.FromHeight : long.MaxValue;
        foreach (WatchRegistration one in registrations)
        {
            if (_watched.TryGetValue(one.Key, out WatchedAddress? before) && before.Reference != one.Reference)
            {
                throw new WatchConflictException(name, one.Address, before.Reference, one.Reference);
            }
        }

        int added = 0;
        SortedDictionary<long, List<AddressKey>> behind = [];
        HashSet<long> scans = [];
        foreach (WatchRegistration one in registrations)
        {
            bool isNew = !_watched.TryGetValue(one.Key, out WatchedAddress? before);
            long fromHeight = one.Since ?? (cursor + 1) ?? 0;
            // Asking for an earlier height than before is asking for those blocks to be read.
            if (one.Since is { } since && (cursor is null || since <= cursor) && (isNew || since < Math.Max(before!.FromHeight, begin)))
            {
                behind.TryAdd(Math.Max(since, 0), []);
                behind[Math.Max(since, 0)].Add(one.Key);
            }

            if (!isNew && one.Since is not null)
            {
                scans.UnionWith(_backScans.Values.Where(scan => scan.Keys.Contains(one.Key)).Select(scan => scan.Id));
            }

            if (isNew || (one.Since is not null && fromHeight < before!.FromHeight))
            {
                _watched[one.Key] = new WatchedAddress
                {
                    Key = one.Key,
                    Address = one.Address,
                    Reference = one.Reference,
                    FromHeight = fromHeight,
                    AddedAt = before?.AddedAt ?? at,
                };
            }

            if (isNew)
            {
                added++;
                _changes.Add(new WatchChange(++WatchSequence, one.Key, Removed: false));
            }
        }

        foreach ((long from, List<AddressKey> keys) in behind)
        {
            scans.Add(Queue(keys, from, cursor ?? long.MaxValue));
        }

        return new RegistrationResult { Added = added, BackScanIds = [.. scans] };
    }

    public bool Remove(AddressKey key)
    {
        if (!_watched.Remove(key))
        {
            return false;
        }

        _changes.Add(new WatchChange(++WatchSequence, key, Removed: true));
        return true;
    }

    public WatchChanges ChangesAfter(long sequence, int limit)
    {
        // Change n stands at index n - 1.
        int first = (int)Math.Min(sequence, _changes.Count);
        List<WatchChange> page = _changes.GetRange(first, Math.Min(limit, _changes.Count - first));
        return new WatchChanges
        {
            Changes = page,
            Sequence = page.Count > 0 ? page[^1].Sequence : sequence,
            More = first + page.Count < _changes.Count,
            Newest = WatchSequence,
        };
    }

    /// <summary>True where the first pass should have found a payment: its address was watched from that height on, and no back-scan is still to read it.</summary>
    public bool ShouldHave(PaymentFound found)
    {
        AddressKey key = found.Transfer.To;
        long height = found.Block.Height;
        return _watched.TryGetValue(key, out WatchedAddress? watched) && watched.FromHeight <= height &&
            !_backScans.Values.Any(scan => scan.FromHeight <= height && height <= scan.ToHeight && scan.Keys.Contains(key));
    }

    /// <summary>Queues a back-scan, and returns its number.</summary>
    public long Queue(IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight)
    {
        _backScans.Add(++_lastBackScan, new BackScan { Id = _lastBackScan, Keys = keys, FromHeight = fromHeight, ToHeight = toHeight });
        return _lastBackScan;
    }

    /// <summary>Whether a block was read for an address.</summary>
    public BlockCoverage CoverageOf(AddressKey key, long height) => new()
    {
        Height = height,
        Address = Find(key),
        IsPending = _backScans.Values.Any(scan => scan.FromHeight <= height && height <= scan.ToHeight && scan.Keys.Contains(key)),
        Readings =
        [
            .. _backScanReadings.Where(one => one.Range.FromHeight <= height && one.Range.ToHeight >= height && one.Keys.Contains(key))
                .Select(static one => new BlockReading { Pass = BlockReading.BackScanPass, Endpoint = one.Range.Endpoint, NotBefore = one.At, NotAfter = one.At }),
            .. Scope(0).ReadingsOf(height),
        ],
    };

    /// <summary>Records what a piece of a back-scan has read.</summary>
    public void ScannedBack(BackScan scan, BackScanBatch batch) => _backScanReadings.AddRange(batch.Coverage.Select(range => (scan.Keys, range, batch.At)));

    /// <summary>Takes back what back-scans have read above a height.</summary>
    public void UnscanAbove(long height)
    {
        for (int index = _backScanReadings.Count - 1; index >= 0; index--)
        {
            (IReadOnlyList<AddressKey> keys, CoverageRange range, DateTimeOffset at) = _backScanReadings[index];
            if (range.FromHeight > height)
            {
                _backScanReadings.RemoveAt(index);
            }
            else if (range.ToHeight > height)
            {
                _backScanReadings[index] = (keys, range with { ToHeight = height }, at);
            }
        }
    }

    public IReadOnlyList<BackScan> BackScans() => [.. _backScans.Values];

    public BackScan? FindBackScan(long id) => _backScans.GetValueOrDefault(id);

    public void MoveOn(BackScan scan, long fromHeight, long toHeight) => Keep(scan, fromHeight, Math.Max(scan.ToHeight, toHeight));

    /// <summary>What lies above the target will be read again by the follower, with the new addresses.</summary>
    public void LowerBackScans(long height)
    {
        foreach (BackScan scan in BackScans())
        {
            Keep(scan, scan.FromHeight, Math.Min(scan.ToHeight, height));
        }
    }

    private void Keep(BackScan scan, long fromHeight, long toHeight)
    {
        BackScan next = new() { Id = scan.Id, Keys = scan.Keys, FromHeight = fromHeight, ToHeight = toHeight };
        if (next.IsDone)
        {
            _backScans.Remove(scan.Id);
        }
        else
        {
            _backScans[scan.Id] = next;
        }
    }

    private void Store(Payment payment)
    {
        if (_payments.TryGetValue(payment.Id, out Payment? before) && before.Block.Height != payment.Block.Height)
        {
            _byHeight[before.Block.Height].Remove(payment.Id);
        }

        _payments[payment.Id] = payment;
        if (!_byHeight.TryGetValue(payment.Block.Height, out HashSet<PaymentId>? atHeight))
        {
            atHeight = [];
            _byHeight.Add(payment.Block.Height, atHeight);
        }

        atHeight.Add(payment.Id);
        if (payment.Status == PaymentStatus.Detected)
        {
            _pending.Add(payment.Id);
        }
        else
        {
            _pending.Remove(payment.Id);
        }
    }

    private static PaymentId IdOf(PaymentFound found) => new(found.Transfer.TransactionId, found.Transfer.Ordinal);
}
