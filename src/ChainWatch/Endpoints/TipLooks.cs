using System.Globalization;

namespace ChainWatch;

/// <summary>Reads the head of a chain through a pool: by rank, overtaking who is slow, and asking the others where one alone is not to be believed.</summary>
internal sealed class TipLooks<TEndpoint>(EndpointPool<TEndpoint> pool, TimeProvider time)
    where TEndpoint : class, IPooledEndpoint
{
    /// <summary>How much slower than nineteen of twenty of its answers an endpoint must be to be overtaken: one that is always equally slow is not.</summary>
    private const double SlowerThanUsual = 1.2;

    private const double HedgeShare = 0.1;
    private const double MostHedges = 5;

    /// <summary>The check that a head fails which a majority of the endpoints does not know.</summary>
    private const string HeadCheck = "head";

    private static readonly TimeSpan FirstHedge = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestHedge = TimeSpan.FromMilliseconds(50);

    /// <summary>How long others are waited for where their vote is needed.</summary>
    private static readonly TimeSpan LongestVote = TimeSpan.FromSeconds(3);

    /// <summary>How often one of the endpoints that are not asked first is asked for its head.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly RetryBudget _hedges = new(HedgeShare, MostHedges);
    private readonly Random _jitter = new(pool.Slots.Count);
    private Task<Answer<ChainTip>>? _underWay;
    private DateTimeOffset? _nextProbe;
    private bool _probing;
    private bool _askAll;

    public async ValueTask<Answer<ChainTip>> ReadAsync(Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<Answer<ChainTip>>? shared;
            TaskCompletionSource<Answer<ChainTip>>? mine = null;
            lock (_lock)
            {
                shared = _underWay;
                if (shared is null)
                {
                    // Whoever shares it goes on where it is set, and not on the thread pool, where the simulator could not follow.
                    mine = new TaskCompletionSource<Answer<ChainTip>>();
                    _underWay = mine.Task;
                }
            }

            if (mine is not null)
            {
                return await LookAsync(mine, read, cancellationToken);
            }

            try
            {
                return await shared!.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Whoever began it gave up, or it failed in a way that is his to tell: this one looks for himself.
            }
        }
    }

    private async ValueTask<Answer<ChainTip>> LookAsync(TaskCompletionSource<Answer<ChainTip>> look, Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read, CancellationToken cancellationToken)
    {
        try
        {
            Answer<ChainTip> answer = await LookAsync(read, cancellationToken);
            End();
            look.SetResult(answer);
            return answer;
        }
        catch
        {
            End();
            look.SetCanceled(CancellationToken.None);
            throw;
        }

        void End()
        {
            lock (_lock)
            {
                _underWay = null;
            }
        }
    }

    private async ValueTask<Answer<ChainTip>> LookAsync(Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read, CancellationToken cancellationToken)
    {
        _hedges.Earn();
        List<string> reasons = [];
        List<EndpointSlot<TEndpoint>> order = pool.InTurn();
        if (order.Count == 0)
        {
            if (!await pool.WaitAsync(reasons, cancellationToken))
            {
                return Answer<ChainTip>.Unknown(string.Join("; ", reasons));
            }

            order = pool.InTurn();
        }

        List<(EndpointSlot<TEndpoint> Slot, ChainTip Tip)> told = [];
        bool all = pool.Slots.Count > 1 && Interlocked.Exchange(ref _askAll, false);
        for (int next = 0; next < order.Count;)
        {
            foreach ((EndpointSlot<TEndpoint> slot, Answer<ChainTip> answer) in await AskAsync(order, next, told.Count > 0, read, cancellationToken))
            {
                next++;
                if (!answer.IsFound)
                {
                    reasons.Add(answer.Reason ?? $"endpoint '{slot.Client.Name}' does not know its head");
                    continue;
                }

                told.Add((slot, answer.Value));
            }

            if (!all && Settled(told) is { } settled)
            {
                return Serve(settled, read);
            }

            // One endpoint alone is believed, whatever it says: the source needs proof for everything all the same.
            if (pool.Slots.Count == 1 && told.Count == 1)
            {
                return Serve(told[0], read);
            }
        }

        return Agree(told, reasons, read);
    }

    /// <summary>Asks the next endpoint, and the one after it where the first takes longer than it usually does.</summary>
    private async ValueTask<List<(EndpointSlot<TEndpoint> Slot, Answer<ChainTip> Answer)>> AskAsync(
        List<EndpointSlot<TEndpoint>> order, int next, bool vote, Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read, CancellationToken cancellationToken)
    {
        EndpointSlot<TEndpoint> slot = order[next];
        bool last = next + 1 >= order.Count;
        if (vote)
        {
            return [(slot, await AskWithinAsync(slot, LongestVote, read, cancellationToken))];
        }

        using CancellationTokenSource overtaken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Answer<ChainTip>> first = pool.TryAsync(slot, read, tip: true, pool.LimitOf(slot, order, tip: true), overtaken.Token).AsTask();
        if (!last && !first.IsCompleted)
        {
            // Not linked: who is cancelled ends the first request, and with it the wait.
            using CancellationTokenSource answered = new();
            await Task.WhenAny(first, Task.Delay(HedgeAfter(slot), time, answered.Token));
            answered.CancelNow();
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (last || first.IsCompleted || !_hedges.TryTake())
        {
            return [(slot, await first)];
        }

        Task<Answer<ChainTip>> second = pool.TryAsync(order[next + 1], read, tip: true, pool.LimitOf(order[next + 1], order, tip: true), overtaken.Token).AsTask();
        await Task.WhenAny(first, second);
        Task<Answer<ChainTip>> winner = first.IsCompleted ? first : second;
        if (!(winner.IsCompletedSuccessfully && (await winner).Value is { } tip && Follows(tip)))
        {
            // It settles nothing: both are needed.
            return [(slot, await first), (order[next + 1], await second)];
        }

        overtaken.CancelNow();
        Task<Answer<ChainTip>> loser = winner == first ? second : first;
        Answer<ChainTip>? late = await EndOfAsync(loser, cancellationToken);
        if (winner == second && late is null)
        {
            pool.Demoting(slot, slot.Rating.WasOvertaken);
        }

        Answer<ChainTip> none = Answer<ChainTip>.Unknown($"endpoint '{(winner == first ? order[next + 1] : slot).Client.Name}' was overtaken by another");
        return winner == first ? [(slot, await first), (order[next + 1], late ?? none)] : [(slot, late ?? none), (order[next + 1], await second)];
    }

    /// <summary>What became of the one that was overtaken; nothing where it was cut off.</summary>
    private static async ValueTask<Answer<ChainTip>?> EndOfAsync(Task<Answer<ChainTip>> loser, CancellationToken cancellationToken)
    {
        try
        {
            return await loser;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Asks one endpoint for its head, but does not wait for long, and does not hold the slowness against it.</summary>
    private async ValueTask<Answer<ChainTip>> AskWithinAsync(EndpointSlot<TEndpoint> slot, TimeSpan longest, Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(longest, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await pool.TryAsync(slot, read, tip: true, longestTrial: null, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Answer<ChainTip>.Unknown(string.Create(CultureInfo.InvariantCulture, $"endpoint '{slot.Client.Name}' did not tell its head within {longest.TotalSeconds:0.#} s"));
        }
    }

    private bool Follows(ChainTip tip)
    {
        lock (pool.Guard)
        {
            return pool.Agreement.Judge(tip.Head) == HeadVerdict.Follows;
        }
    }

    private TimeSpan HedgeAfter(EndpointSlot<TEndpoint> slot)
    {
        lock (pool.Guard)
        {
            TimeSpan usual = slot.Rating.Usual * SlowerThanUsual ?? FirstHedge;
            return usual > ShortestHedge ? usual : ShortestHedge;
        }
    }

    /// <summary>The head that can be served without asking anybody else.</summary>
    private (EndpointSlot<TEndpoint> Slot, ChainTip Tip)? Settled(List<(EndpointSlot<TEndpoint> Slot, ChainTip Tip)> told)
    {
        (EndpointSlot<TEndpoint> Slot, ChainTip Tip)? best = null;
        lock (pool.Guard)
        {
            foreach ((EndpointSlot<TEndpoint> Slot, ChainTip Tip) one in told)
            {
                if (pool.Agreement.Judge(one.Tip.Head) == HeadVerdict.Follows && (best is null || one.Tip.Head.Height > best.Value.Tip.Head.Height))
                {
                    best = one;
                }
            }

            // One that leaps may be right: then serving the other is only a step behind it, and all are asked at the next look.
            _askAll |= best is not null && told.Count < pool.Slots.Count && told.Any(one => pool.Agreement.Judge(one.Tip.Head) == HeadVerdict.Leaps);
            return best;
        }
    }

    private Answer<ChainTip> Agree(List<(EndpointSlot<TEndpoint> Slot, ChainTip Tip)> told, List<string> reasons, Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read)
    {
        if (told.Count == 0)
        {
            return Answer<ChainTip>.Unknown(string.Join("; ", reasons));
        }

        int chosen;
        long served;
        lock (pool.Guard)
        {
            served = pool.Agreement.Height;
            chosen = pool.Agreement.Choose([.. told.Select(static one => (one.Slot.Rating, one.Tip.Head))], pool.Slots.Select(static slot => slot.Rating));
        }

        if (chosen < 0)
        {
            long highest = told.Max(static one => one.Tip.Head.Height);
            return Answer<ChainTip>.Unknown(string.Create(
                CultureInfo.InvariantCulture, $"all endpoints that answer are behind: the highest is at {highest}, and {served} was seen already{(reasons.Count > 0 ? "; " : "")}{string.Join("; ", reasons)}"));
        }

        // Two cannot outvote each other.
        long agreed = told[chosen].Tip.Head.Height;
        foreach ((EndpointSlot<TEndpoint> slot, ChainTip tip) in told.Where(one => told.Count > 2 && one.Tip.Head.Height > agreed + HeadAgreement.Leap))
        {
            slot.Rating.ForgetHead();
            pool.Doubt(slot, HeadCheck, string.Create(CultureInfo.InvariantCulture, $"endpoint '{slot.Client.Name}' tells the head {tip.Head.Height}, and most others only {agreed}"));
        }

        return Serve(told[chosen], read);
    }

    private Answer<ChainTip> Serve((EndpointSlot<TEndpoint> Slot, ChainTip Tip) chosen, Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read)
    {
        lock (pool.Guard)
        {
            pool.Agreement.Serve(chosen.Tip.Head, chosen.Slot.Rating, pool.Slots.Select(static one => one.Rating));
        }

        ProbeIfDue(chosen.Slot, read);
        return Answer<ChainTip>.Found(chosen.Tip);
    }

    /// <summary>Now and then asks one of the others, beside: how they stand must be known before they are needed.</summary>
    private void ProbeIfDue(EndpointSlot<TEndpoint> served, Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read)
    {
        DateTimeOffset now = time.GetUtcNow();
        EndpointSlot<TEndpoint>? slot;
        lock (_lock)
        {
            _nextProbe ??= now + ProbeInterval;
            if (pool.Slots.Count < 2 || _probing || now < _nextProbe)
            {
                return;
            }

            // Not all instances at the same moment.
            _nextProbe = now + (ProbeInterval * (0.75 + (_jitter.NextDouble() / 2)));
            slot = pool.Slots
                .Where(one => one != served && one.Rating.RestsUntil <= now && one.Client.Paused == TimeSpan.Zero)
                .MinBy(static one => one.Rating.LookedAt);
            _probing = slot is not null;
        }

        if (slot is not null)
        {
            // It runs beside whoever asked and ends by itself; all that can go wrong in it is handled in it.
            _ = ProbeAsync(slot, read);
        }
    }

    private async Task ProbeAsync(EndpointSlot<TEndpoint> slot, Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read)
    {
        try
        {
            using EndpointPriorityScope _ = EndpointPriorityScope.Begin(EndpointPriority.Reconciliation);

            // As long as its requests may take: cut short, one that takes every question and answers none would stand as well as it did when it was last heard of. Nobody waits for it.
            Answer<ChainTip> answer = await pool.TryAsync(slot, read, tip: true, longestTrial: null, CancellationToken.None);
            lock (pool.Guard)
            {
                // Far ahead of what is served: either it lies, or who is asked first stands still. The next look finds out.
                _askAll |= answer.IsFound && answer.Value.Head.Height > pool.Agreement.Height + HeadAgreement.Leap;
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // What is no trouble of the endpoint's is a fault in reading, which the looks meet as well and tell.
        }
        finally
        {
            lock (_lock)
            {
                _probing = false;
            }
        }
    }
}
