using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Works off one reconciliation, page by page; each page is stored when it is done, so that an interruption costs one page.</summary>
internal sealed class ReconciliationWork
{
    private const int Attempts = 5;
    private const int PageOfBlocks = 1_000;
    private const int MostTold = 1_000;
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);

    private readonly ChainRegistration _registration;
    private readonly ReconciliationStation _station;
    private readonly long _term;
    private readonly IWatchStore _watchStore;
    private readonly StateReading _reading;
    private readonly BlockComparison _blocks;
    private readonly StateComparison _states;
    private readonly ReconciliationRepair _repair;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private ILookup<AddressKey, AddressKey> _parts = Enumerable.Empty<AddressKey>().ToLookup(static key => key);

    public ReconciliationWork(ChainRegistration registration, ReconciliationStation station, long term, IWatchStore watchStore, EngineSignals signals, TimeProvider time, ILogger logger)
    {
        _registration = registration;
        _station = station;
        _term = term;
        _watchStore = watchStore;
        _time = time;
        _logger = logger;
        _reading = new StateReading(registration, station.Store, time, logger);
        _blocks = new BlockComparison(registration, station.Store);
        _states = new StateComparison(registration, station.Options, station.Store, _reading, _blocks);
        _repair = new ReconciliationRepair(registration, term, station.Store, watchStore, signals, time, logger);
    }

    private Chain Chain => _registration.Chain;

    private IReconciliationStore Store => _station.Store;

    /// <summary>Draws addresses at random.</summary>
    public Task<IReadOnlyList<AddressKey>> DrawAsync(int count, int seed, CancellationToken cancellationToken) => AddressSample.DrawAsync(_watchStore, Chain, count, seed, cancellationToken);

    /// <summary>Shows in health and metrics what the last run found, whoever did it.</summary>
    public async Task ShowLastAsync(CancellationToken cancellationToken)
    {
        foreach (ReconciliationRun run in await Store.ReadRunsAsync(Chain, 20, cancellationToken))
        {
            if (run.State == ReconciliationState.Done)
            {
                IReadOnlyList<Discrepancy> found = await Store.ReadDiscrepanciesAsync(Chain, run.Id, int.MaxValue, cancellationToken);
                _registration.Status.Reconciled(new ReconciliationStatus { Last = run, Discrepancies = Count(found) });
                return;
            }
        }
    }

    /// <summary>Works a run off to its end.</summary>
    /// <exception cref="LeadershipLostException">There is a newer term.</exception>
    public async Task RunAsync(ReconciliationRun run, CancellationToken cancellationToken)
    {
        if (run.State == ReconciliationState.Queued)
        {
            run = run with { State = ReconciliationState.Running, StartedAt = _time.GetUtcNow(), Addresses = await Store.CountSubjectsAsync(Chain, run.Request, cancellationToken) };
            await SaveAsync(new ReconciliationProgress { Run = run }, cancellationToken);
        }

        ReconciliationLog.Started(_logger, run.Id, Chain.Name, run.Request.RequestedBy, run.Addresses, run.Counts.Total);
        Show(run);
        _reading.Begin();
        _parts = await ReadPartsAsync(cancellationToken);
        long since = _time.GetTimestamp();
        long told = _time.GetTimestamp();
        long doneBefore = run.Counts.Total;
        while (true)
        {
            await WaitWhileBehindAsync(cancellationToken);
            long began = _time.GetTimestamp();
            int page = run.Request.ReadBlocks ? PageOfBlocks : _reading.MaxAddresses;
            IReadOnlyList<ReconciliationSubject> subjects = await Store.ReadSubjectsAsync(Chain, run.Request, run.Position, page, cancellationToken);
            if (subjects.Count == 0)
            {
                break;
            }

            run = await ComparePageAsync(run, subjects, cancellationToken);
            Show(run);
            if (_time.GetElapsedTime(told) >= ProgressInterval)
            {
                told = _time.GetTimestamp();
                double rate = (run.Counts.Total - doneBefore) / _time.GetElapsedTime(since).TotalSeconds;
                TimeSpan left = TimeSpan.FromSeconds(Math.Round((run.Addresses - run.Counts.Total) / Math.Max(rate, 0.001)));
                ReconciliationLog.Progress(_logger, run.Id, Chain.Name, run.Counts.Total, run.Addresses, rate, left);
            }

            // Never more than half of the time: the tip comes first.
            TimeSpan took = _time.GetElapsedTime(began);
            await Task.Delay(took > LeastRest ? took : LeastRest, _time, cancellationToken);
        }

        await EndAsync(run, cancellationToken);
    }

    private async Task<ReconciliationRun> ComparePageAsync(ReconciliationRun run, IReadOnlyList<ReconciliationSubject> subjects, CancellationToken cancellationToken)
    {
        (IReadOnlyList<ComparedAddress> addresses, ChainPoint? point) = await CompareAsync(run.Request, subjects, cancellationToken);
        if (run.Request.Repair && point is { } at)
        {
            await _repair.RepairAsync(run.Id, addresses, at, cancellationToken);
        }

        ReconciliationCounts counts = run.Counts;
        foreach (ComparedAddress address in addresses)
        {
            counts = counts.With(address.Result);
            foreach (Discrepancy one in address.Found)
            {
                Log(one);
            }
        }

        run = run with { Position = subjects[^1].Address.Key, Counts = counts, Point = point ?? run.Point };
        await SaveAsync(
            new ReconciliationProgress { Run = run, Found = [.. addresses.SelectMany(static one => one.Found)], Reconciled = [.. addresses.Select(static one => one.Agreed).OfType<ReconciledState>()] },
            cancellationToken);
        return run;
    }

    /// <summary>Compares addresses, again where the chain moved meanwhile: nothing is said that was not true at one point of one chain.</summary>
    private async Task<(IReadOnlyList<ComparedAddress> Addresses, ChainPoint? Point)> CompareAsync(ReconciliationRequest request, IReadOnlyList<ReconciliationSubject> subjects, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            ComparedAddress[] addresses = [.. subjects.Select(subject => new ComparedAddress(Chain, subject, PartsOf(subject.Address.Key)))];
            ComparedAddress[] ready = [.. addresses.Where(static one => !one.Subject.IsBeingRead)];
            foreach (ComparedAddress one in addresses.Except(ready))
            {
                one.Add(DiscrepancyKind.NotYetFinal, one.Subject.Address.FromHeight, _registration.Status.Cursor?.Height ?? 0, "Blocks are still to be read for it; it is compared the next time.");
            }

            if (ready.Length == 0)
            {
                return (addresses, null);
            }

            try
            {
                return (addresses, request.ReadBlocks ? await CompareBlocksAsync(request, ready, cancellationToken) : await _states.CompareAsync(request, ready, cancellationToken));
            }
            catch (ChainMovedException) when (attempt < Attempts)
            {
                await Task.Delay(RetryWait, _time, cancellationToken);
            }
            catch (ChainMovedException)
            {
                addresses = [.. subjects.Select(subject => new ComparedAddress(Chain, subject, PartsOf(subject.Address.Key)))];
                foreach (ComparedAddress one in addresses)
                {
                    one.Add(DiscrepancyKind.NotYetFinal, one.Subject.Address.FromHeight, _registration.Status.Cursor?.Height ?? 0, $"The chain replaced blocks each of the {Attempts} times that it was compared.");
                }

                return (addresses, null);
            }
        }
    }

    private async Task<ChainPoint?> CompareBlocksAsync(ReconciliationRequest request, IReadOnlyList<ComparedAddress> addresses, CancellationToken cancellationToken)
    {
        ChainPoint? end = request.ToHeight is { } to ? await Store.FindPointAsync(Chain, to, cancellationToken) : await _reading.FinalAsync(cancellationToken);
        if (end is not { } point)
        {
            foreach (ComparedAddress one in addresses)
            {
                one.Add(DiscrepancyKind.NotReadable, request.FromHeight ?? 0, request.ToHeight ?? 0, "There is no block of that height among those that are stored.");
            }

            return null;
        }

        long begin = await Store.ReadFirstHeightAsync(Chain, cancellationToken) ?? 0;
        (ComparedAddress Address, long From)[] from =
        [
            .. addresses.Select(one => (Address: one, From: Math.Max(StateComparison.FirstHeight(one.Subject, begin), request.FromHeight ?? 0))).Where(one => one.From <= point.Height),
        ];
        if (from.Length > 0)
        {
            FollowProgress progress = new("Reconciliation", Chain.Name, _time, _logger);
            long last = from.Min(static one => one.From);
            await _blocks.CompareAsync(
                from, last, point.Height, point,
                height =>
                {
                    progress.Saw(height, point.Height);
                    progress.Committed((int)(height - last));
                    last = height;
                },
                cancellationToken);
        }

        return point;
    }

    private async Task EndAsync(ReconciliationRun run, CancellationToken cancellationToken)
    {
        run = run with { State = ReconciliationState.Done, EndedAt = _time.GetUtcNow() };
        IReadOnlyList<Discrepancy> found = await Store.ReadDiscrepanciesAsync(Chain, run.Id, int.MaxValue, cancellationToken);
        await _station.Handlers.TellAsync(new ReconciliationReport { Run = run, Discrepancies = [.. found.Take(MostTold)] }, cancellationToken);
        await SaveAsync(new ReconciliationProgress { Run = run }, cancellationToken);
        _registration.Status.Reconciled(new ReconciliationStatus { Last = run, Discrepancies = Count(found) });
        ReconciliationCounts counts = run.Counts;
        ReconciliationLog.Done(
            _logger, run.Id, Chain.Name, run.Point?.Height, run.EndedAt.Value - run.StartedAt!.Value, counts.Matched, counts.Mismatched, counts.Missing, counts.Extra, counts.Unknown);
    }

    /// <summary>Which watched addresses are parts of others' balances, where the chain's format knows such a thing.</summary>
    private async Task<ILookup<AddressKey, AddressKey>> ReadPartsAsync(CancellationToken cancellationToken)
    {
        List<AddressKey> parts = [];
        if (Chain.Format.SharesBalances)
        {
            await foreach (WatchedAddress address in _watchStore.ListAddressesAsync(Chain, cancellationToken))
            {
                if (Chain.Format.BalanceOwnerOf(address.Key) != address.Key)
                {
                    parts.Add(address.Key);
                }
            }
        }

        return parts.ToLookup(key => Chain.Format.BalanceOwnerOf(key));
    }

    private IReadOnlyList<AddressKey> PartsOf(AddressKey key) => [.. _parts[key]];

    private async Task SaveAsync(ReconciliationProgress progress, CancellationToken cancellationToken)
    {
        if (!await Store.SaveAsync(Chain, _term, progress, cancellationToken))
        {
            throw new LeadershipLostException(WatchScope.For(Chain, 0), _term);
        }
    }

    private async Task WaitWhileBehindAsync(CancellationToken cancellationToken)
    {
        while (_registration.Status.Cursor is null || _registration.Status.Lag > _registration.Options.BatchSize)
        {
            await Task.Delay(RetryWait, _time, cancellationToken);
        }
    }

    private void Show(ReconciliationRun run)
    {
        ReconciliationStatus before = _registration.Status.Reconciliation;
        _registration.Status.Reconciled(new ReconciliationStatus { Running = run, Last = before.Last, Discrepancies = before.Discrepancies });
    }

    private void Log(Discrepancy one)
    {
        if (one.IsHarmless || one.Result == ReconciliationResult.Unknown)
        {
            ReconciliationLog.Explained(_logger, Chain.Name, one.Kind, one.Address, one.Asset, one.FromHeight, one.ToHeight, one.Details);
        }
        else
        {
            ReconciliationLog.Found(
                _logger, Chain.Name, one.Kind, one.Address, one.Asset, one.TransactionId, one.Ordinal, one.FromHeight, one.ToHeight,
                one.Recorded?.ToString(System.Globalization.CultureInfo.InvariantCulture), one.OnChain?.ToString(System.Globalization.CultureInfo.InvariantCulture), one.Details, one.Repair);
        }
    }

    private static Dictionary<DiscrepancyKind, long> Count(IEnumerable<Discrepancy> found) =>
        found.Where(static one => one.Repair != RepairState.Repaired).GroupBy(static one => one.Kind).ToDictionary(static kind => kind.Key, static kind => kind.LongCount());
}
