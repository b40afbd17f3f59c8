using System.Numerics;

namespace ChainWatch;

/// <summary>Compares a page of addresses by what the chain says that they hold at one point.</summary>
internal sealed class StateComparison
{
    private readonly ChainRegistration _registration;
    private readonly IReconciliationStore _store;
    private readonly StateReading _reading;
    private readonly BlockComparison _blocks;
    private readonly AccountComparison _accounts;
    private readonly OutputComparison _outputs;
    private readonly ReconciliationOptions _options;

    public StateComparison(ChainRegistration registration, ReconciliationOptions options, IReconciliationStore store, StateReading reading, BlockComparison blocks)
    {
        _registration = registration;
        _store = store;
        _reading = reading;
        _blocks = blocks;
        _options = options;
        _accounts = new AccountComparison(registration, reading, store, blocks, options);
        _outputs = new OutputComparison(registration, store, blocks);
    }

    private Chain Chain => _registration.Chain;

    /// <summary>Compares addresses.</summary>
    /// <returns>The point that they were compared at; <see langword="null"/> where the chain's state could not be read.</returns>
    /// <exception cref="ChainMovedException">The chain replaced the point meanwhile.</exception>
    public async Task<ChainPoint?> CompareAsync(ReconciliationRequest request, IReadOnlyList<ComparedAddress> addresses, CancellationToken cancellationToken)
    {
        AddressKey[] keys = [.. addresses.Select(static one => one.Key)];
        ChainState? state = request.ToHeight is { } to
            ? await _store.FindPointAsync(Chain, to, cancellationToken) is { } wanted ? await _reading.ReadAsync(keys, wanted, cancellationToken) : null
            : await _reading.ReadNewestAsync(keys, cancellationToken);
        if (state is null)
        {
            foreach (ComparedAddress address in addresses)
            {
                address.Add(DiscrepancyKind.NotReadable, request.FromHeight ?? 0, request.ToHeight ?? _registration.Status.Cursor?.Height ?? 0, $"No endpoint told what the chain holds: {_reading.Reason ?? "the block is not among those that are stored"}.");
            }

            return null;
        }

        long begin = await _store.ReadFirstHeightAsync(Chain, cancellationToken) ?? 0;
        List<Window> windows = [];
        for (int index = 0; index < addresses.Count; index++)
        {
            Window window = new(addresses[index], state.Addresses[index], Math.Max(FirstHeight(addresses[index].Subject, begin), request.FromHeight ?? 0));
            if (state.Addresses[index] is { Balances.Count: 0, Unspent: null })
            {
                addresses[index].Add(
                    DiscrepancyKind.NotReadable, window.From, state.Point.Height,
                    addresses[index].IsPart ? "The chain knows no balance of it: watch the address without its tag to have all of it compared." : "The chain told no balance of it.");
                continue;
            }

            // What is newer than the point has nothing to be compared yet.
            if (window.From <= state.Point.Height)
            {
                windows.Add(window);
            }
        }

        await FindLowAsync(request, windows, state.Point, cancellationToken);
        await CompareBlocksAsync(windows, state.Point, cancellationToken);
        foreach (Window window in windows)
        {
            await CompareAsync(window, state.Point, cancellationToken);
        }

        if (await _store.FindPointAsync(Chain, state.Point.Height, cancellationToken) is not { } still || still.Hash != state.Point.Hash)
        {
            throw new ChainMovedException();
        }

        if (request.FromHeight is null && request.ToHeight is null)
        {
            foreach (Window window in windows.Where(static window => !window.Address.Found.Any(static one => one.IsAlarm)))
            {
                window.Address.Agreed = window.Agree(state.Point, Chain);
            }
        }

        return state.Point;
    }

    /// <summary>
    /// The first height that was read for an address. One that was registered before the chain began was watched from where the chain began, unless a back-scan read what is before that: then it has
    /// payments there, or nothing to tell.
    /// </summary>
    public static long FirstHeight(ReconciliationSubject subject, long begin) =>
        subject.Address.FromHeight >= begin || subject.FirstPayment < begin ? subject.Address.FromHeight : begin;

    /// <summary>Finds for each address from which state on it is to be compared: the last one that agreed, else the one before it was watched.</summary>
    private async Task FindLowAsync(ReconciliationRequest request, IReadOnlyList<Window> windows, ChainPoint point, CancellationToken cancellationToken)
    {
        List<Window> anew = [];
        foreach (Window window in windows)
        {
            // An address that was removed and registered again is another one: what was paid to it in between is nobody's here.
            if (request.FromHeight is null && window.Address.Subject.Last is { } last && last.Point.Height <= point.Height && last.Point.Height >= window.From - 1 && window.IsTold(last))
            {
                window.Low = new StateSample(last);
            }
            else
            {
                anew.Add(window);
            }
        }

        await ReadSumsAsync(windows.Where(static window => window.Low is not null), point, cancellationToken);
        foreach (Window window in windows.Where(static window => window.Low is not null))
        {
            window.IsOldChanged = !window.IsUnchangedSince(window.Address.Subject.Last!);
            if (window.IsOldChanged)
            {
                anew.Add(window);
            }
        }

        foreach (IGrouping<long, Window> sameStart in anew.Where(static window => window.State.Unspent is null).GroupBy(static window => Math.Max(window.From - 1, 0)))
        {
            Window[] same = [.. sameStart];
            ChainState? opening = await PointAtAsync(sameStart.Key, cancellationToken) is { } at ? await _reading.ReadAsync([.. same.Select(static window => window.Address.Key)], at, cancellationToken) : null;
            for (int index = 0; index < same.Length && opening is not null; index++)
            {
                same[index].Low = new StateSample(opening.Point, opening.Addresses[index]);
                same[index].IsOldChanged = false;
            }
        }

        await ReadSumsAsync(anew, point, cancellationToken);
    }

    private async Task ReadSumsAsync(IEnumerable<Window> windows, ChainPoint point, CancellationToken cancellationToken)
    {
        Window[] asked = [.. windows];
        if (asked.Length == 0)
        {
            return;
        }

        RecordedRange[] ranges =
        [
            .. asked.SelectMany(window => window.Address.Keys.SelectMany(key => (RecordedRange[])[new(key, 0, window.LowHeight), new(key, window.LowHeight + 1, point.Height)])),
        ];
        IReadOnlyList<IReadOnlyDictionary<string, BigInteger>> sums = await _store.ReadSumsAsync(Chain, point, ranges, cancellationToken) ?? throw new ChainMovedException();
        int next = 0;
        foreach (Window window in asked)
        {
            IReadOnlyDictionary<string, BigInteger>[] own = [.. sums.Skip(next).Take(2 * window.Address.Keys.Count)];
            window.Before = Sum(own.Where(static (_, index) => index % 2 == 0));
            window.Since = Sum(own.Where(static (_, index) => index % 2 == 1));
            next += own.Length;
        }
    }

    private static Dictionary<string, BigInteger> Sum(IEnumerable<IReadOnlyDictionary<string, BigInteger>> parts) =>
        parts.SelectMany(static part => part).GroupBy(static one => one.Key, StringComparer.Ordinal)
            .ToDictionary(static asset => asset.Key, static asset => asset.Aggregate(BigInteger.Zero, static (sum, one) => sum + one.Value), StringComparer.Ordinal);

    private async Task CompareAsync(Window window, ChainPoint point, CancellationToken cancellationToken)
    {
        if (window.State.Unspent is { } unspent)
        {
            IReadOnlySet<PaymentId>? before = unspent.Any(static output => output.Height is null) ? await ReadBeforeAsync(window, cancellationToken) : null;
            await _outputs.CompareAsync(window.Address, window.From, point, unspent, before, cancellationToken);
        }
        else if (window.Low is { } low)
        {
            await _accounts.CompareAsync(window.Address, low, new StateSample(point, window.State), point, window.Since, cancellationToken);
        }
    }

    /// <summary>
    /// Compares payment by payment where states alone do not do: up to the state that is compared from, where records changed that had agreed, and up to the point, where there is no such state. Each
    /// block is read once for all of them.
    /// </summary>
    private async Task CompareBlocksAsync(IReadOnlyList<Window> windows, ChainPoint point, CancellationToken cancellationToken)
    {
        List<(Window Window, long To)> wanted = [];
        foreach (Window window in windows)
        {
            long blocks = (window.Low?.Height ?? point.Height) - window.From;
            if (window.IsOldChanged && blocks >= _options.MaxBlocks)
            {
                window.Address.Add(
                    DiscrepancyKind.NoOpeningBalance, window.From, window.LowHeight,
                    "Records up to that block changed since they were compared last, and these are too many blocks to read again unasked: ask for a reconciliation that reads all blocks.");
                continue;
            }

            bool isNew = window.Low is null && window.State.Unspent is null;
            if (isNew)
            {
                window.Address.Add(
                    DiscrepancyKind.NoOpeningBalance, window.From, point.Height,
                    $"What it held before block {window.From} could not be read{(_reading.Reason is { } reason ? $" ({reason})" : "")}; its balance is compared from block {point.Height} on.");
            }

            if (window.IsOldChanged || (isNew && blocks < _options.MaxBlocks))
            {
                wanted.Add((window, window.Low?.Height ?? point.Height));
            }
        }

        foreach (IGrouping<long, Window> together in wanted.GroupBy(static one => one.To, static one => one.Window))
        {
            await _blocks.CompareAsync([.. together.Select(static window => (window.Address, window.From))], together.Min(static window => window.From), together.Key, point, progress: null, cancellationToken);
        }
    }

    private async Task<IReadOnlySet<PaymentId>?> ReadBeforeAsync(Window window, CancellationToken cancellationToken) =>
        window.From == 0 ? new HashSet<PaymentId>()
        : await PointAtAsync(window.From - 1, cancellationToken) is { } at && await _reading.ReadAsync([window.Address.Key], at, cancellationToken) is { } state
            ? state.Addresses[0].Unspent?.Select(static output => new PaymentId(output.TransactionId, output.Ordinal)).ToHashSet()
            : null;

    /// <summary>The canonical point at a height, from the records, else from the chain: what lies before the first block that was read is not recorded.</summary>
    private async Task<ChainPoint?> PointAtAsync(long height, CancellationToken cancellationToken)
    {
        if (await _store.FindPointAsync(Chain, height, cancellationToken) is { } stored)
        {
            return stored;
        }

        if (_registration.Reader is not { } reader)
        {
            return null;
        }

        Answer<IReadOnlyList<Block>> answer = await reader.ReadBlocksAsync(height, 1, AddressSet.Create(Chain.Format.AddressKeyLength), cancellationToken);
        ChainPoint? point = answer.IsFound && answer.Value is [{ } first, ..] && first.Header.Point.Height == height ? first.Header.Point : null;
        foreach (Block block in answer.Value ?? [])
        {
            block.Dispose();
        }

        return point;
    }

    /// <summary>One address with the state that it is compared from, and what was recorded before and since.</summary>
    private sealed class Window(ComparedAddress address, AddressState state, long from)
    {
        private static readonly IReadOnlyDictionary<string, BigInteger> s_nothing = new Dictionary<string, BigInteger>();

        public ComparedAddress Address => address;

        public AddressState State => state;

        /// <summary>The first block that counts.</summary>
        public long From => from;

        /// <summary>The state to compare from; <see langword="null"/> where it could not be read.</summary>
        public StateSample? Low { get; set; }

        public long LowHeight => Low?.Height ?? from - 1;

        /// <summary>True where records changed that had been compared already.</summary>
        public bool IsOldChanged { get; set; }

        public IReadOnlyDictionary<string, BigInteger> Before { get; set; } = s_nothing;

        public IReadOnlyDictionary<string, BigInteger> Since { get; set; } = s_nothing;

        /// <summary>True where a state tells of every asset that this one tells of.</summary>
        public bool IsTold(ReconciledState last) => state.Balances.All(now => last.Balances.Any(then => string.Equals(then.Asset.Symbol, now.Asset.Symbol, StringComparison.Ordinal)));

        public bool IsUnchangedSince(ReconciledState last) => last.Recorded.All(one => Before.GetValueOrDefault(one.Asset.Symbol) == one.Amount);

        public ReconciledState Agree(ChainPoint point, Chain chain) => new()
        {
            Key = address.Key,
            Point = point,
            Sent = state.Sent,
            Balances = state.Balances,
            Recorded =
            [
                .. chain.Assets.Where(asset => state.Balances.Any(one => one.Asset == asset))
                    .Select(asset => new AssetBalance(asset, Before.GetValueOrDefault(asset.Symbol) + Since.GetValueOrDefault(asset.Symbol))),
            ],
        };
    }
}
