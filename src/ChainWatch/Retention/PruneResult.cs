namespace ChainWatch;

/// <summary>What a store let go.</summary>
public sealed record PruneResult
{
    /// <summary>Nothing was done, since there is a newer term.</summary>
    public static PruneResult Fenced { get; } = new() { IsFenced = true };

    /// <summary>True where nothing was done, since there is a newer term.</summary>
    public bool IsFenced { get; init; }

    /// <summary>Headers of blocks.</summary>
    public long Blocks { get; init; }

    /// <summary>Ranges of coverage that became part of a neighbour.</summary>
    public long Coverage { get; init; }

    /// <summary>Events of payments.</summary>
    public long Events { get; init; }

    /// <summary>Reconciliations, with what they found.</summary>
    public long Reconciliations { get; init; }

    /// <summary>The last event that was looked at.</summary>
    public long EventsThrough { get; init; }

    /// <summary>True where the next piece may find more.</summary>
    public bool HasMore { get; init; }

    /// <summary>All together.</summary>
    public long Total => Blocks + Coverage + Events + Reconciliations;

    /// <summary>Both pieces, one after the other.</summary>
    public PruneResult Then(PruneResult next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return next with { Blocks = Blocks + next.Blocks, Coverage = Coverage + next.Coverage, Events = Events + next.Events, Reconciliations = Reconciliations + next.Reconciliations };
    }
}
