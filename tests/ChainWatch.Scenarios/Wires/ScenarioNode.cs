using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>How one endpoint of a scenario sees the chain at a moment, and what it does wrong at the level of requests.</summary>
internal sealed class ScenarioNode(WireSettings settings, SimulatedEndpoint endpoint, SeededRandom random)
{
    private int _flaps;
    private int _flapBy;

    public string Name => endpoint.Name;

    /// <summary>
    /// A request arrives: it may never be answered, or late, or be refused. The head is as it was when the request arrived.
    /// </summary>
    public async ValueTask<(MinedBlock Head, bool Refused, bool IsNull)> ArriveAsync(CancellationToken cancellationToken)
    {
        MinedBlock early = See();
        if (endpoint.IsDown || Hits(SimulatedFault.Silent))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, settings.Time, cancellationToken);
        }

        bool slow = Hits(SimulatedFault.Slow);
        await Task.Delay(slow ? TimeSpan.FromTicks(1 + (settings.Endpoints.SlowUpTo.Ticks * random.Next(1000) / 1000)) : TimeSpan.FromMilliseconds(1), settings.Time, cancellationToken);
        return (slow ? early : See(), Hits(SimulatedFault.TooManyRequests), Hits(SimulatedFault.Null));
    }

    public bool Hits(SimulatedFault fault)
    {
        SimulatedReaderOptions options = settings.Endpoints;
        if (!options.FaultsEnabled || options[fault] <= 0 || !random.Chance(options[fault]))
        {
            return false;
        }

        settings.Count($"wire fault {fault}");
        return true;
    }

    /// <summary>The head that it follows.</summary>
    public MinedBlock See()
    {
        SimulatedReaderOptions options = settings.Endpoints;
        SimulatedChain chain = settings.Chain;
        MinedBlock head = endpoint.StuckOn is { } stuck && (chain.Finalized is not { } final || stuck.DescendsFrom(final)) ? stuck : chain.Head;
        int lag = endpoint.Lag;
        if (Hits(SimulatedFault.StaleBranch) && Stale() is { } stale)
        {
            head = stale;
        }

        if (Hits(SimulatedFault.Lag))
        {
            lag += 1 + random.Next(options.LagUpTo);
        }

        if (_flaps == 0 && Hits(SimulatedFault.FlappingHead))
        {
            _flaps = 6;
            _flapBy = 1 + random.Next(options.LagUpTo);
        }

        if (_flaps > 0 && --_flaps % 2 == 0)
        {
            lag += _flapBy;
        }

        return head.AncestorAt(Math.Max(0, head.Height - lag)) ?? head;
    }

    /// <summary>The head of a branch that was canonical once, and that an honest node could still be on.</summary>
    private MinedBlock? Stale()
    {
        SimulatedChain chain = settings.Chain;
        MinedBlock head = chain.Head;
        List<MinedBlock> candidates = [];
        foreach (MinedBlock orphan in chain.Orphans().Where(static block => block.WasCanonical))
        {
            MinedBlock fork = orphan;
            while (!chain.IsCanonical(fork))
            {
                fork = fork.Parent!;
            }

            if (head.Height - fork.Height <= settings.Endpoints.StaleBranchUpTo && (chain.Finalized is not { } final || fork.Height >= final.Height))
            {
                candidates.Add(orphan);
            }
        }

        return candidates.Count == 0 ? null : random.Pick(candidates);
    }
}
