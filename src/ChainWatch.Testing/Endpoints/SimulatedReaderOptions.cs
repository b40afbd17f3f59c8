namespace ChainWatch.Testing;

/// <summary>How the endpoints behind a <see cref="SimulatedBlockReader"/> behave. May be changed while it runs.</summary>
public sealed class SimulatedReaderOptions
{
    private readonly double[] _probabilities = new double[Enum.GetValues<SimulatedFault>().Length];

    /// <summary>Decides which endpoint answers, and when which fault occurs.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The endpoints, at least one; each call asks one of them at random.</summary>
    public IReadOnlyList<SimulatedEndpoint> Endpoints { get; init; } = [new SimulatedEndpoint("simulated-1")];

    /// <summary>Whether the endpoints know safe and finalized marks, once the chain has them. False is a chain whose finality is a matter of depth.</summary>
    public bool HasMarks { get; init; } = true;

    /// <summary>Whether the endpoints announce changes, so that the source need not wait for its next poll.</summary>
    public bool Announces { get; init; }

    /// <summary>
    /// Whether a block holds only what the addresses watched at that time needed, as with a reader that fetches logs only where a bloom filter asks for them. Matching it
    /// against addresses that came later then says that it must be read again.
    /// </summary>
    public bool FetchesOnlyForWatched { get; init; }

    /// <summary>How long every answer takes.</summary>
    /// <value>The default is zero: answers are there at once, yet never in the same continuation.</value>
    public TimeSpan Latency { get; set; }

    /// <summary>How long a request waits for an endpoint that is silent.</summary>
    /// <value>The default is 10 seconds.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest that a slow answer takes.</summary>
    /// <value>The default is 3 seconds.</value>
    public TimeSpan SlowUpTo { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How many blocks an endpoint falls back at most by <see cref="SimulatedFault.Lag"/> and <see cref="SimulatedFault.FlappingHead"/>.</summary>
    /// <value>The default is 3.</value>
    public int LagUpTo { get; set; } = 3;

    /// <summary>How many blocks below the chain's head a branch may begin at most that <see cref="SimulatedFault.StaleBranch"/> or <see cref="SimulatedFault.StrayMarks"/> takes from.</summary>
    /// <value>The default is 8. Branches that leave the chain below its final block are never taken.</value>
    public int StaleBranchUpTo { get; set; } = 8;

    /// <summary>The most blocks that a range is answered with.</summary>
    /// <value>The default is 1,000.</value>
    public int MaxRange { get; set; } = 1_000;

    /// <summary>How many bytes a block claims that <see cref="SimulatedFault.HugeBlock"/> made huge.</summary>
    /// <value>The default is 64 MiB.</value>
    public int HugeBlockSize { get; set; } = 64 * 1024 * 1024;

    /// <summary>False switches all faults off, without forgetting their probabilities.</summary>
    public bool FaultsEnabled { get; set; } = true;

    /// <summary>How probable a fault is at each call where it can occur.</summary>
    /// <value>From 0, never, to 1, always. The default is 0.</value>
    public double this[SimulatedFault fault]
    {
        get => _probabilities[(int)fault];
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 0);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1);
            _probabilities[(int)fault] = value;
        }
    }

    /// <summary>Gives every fault the same probability.</summary>
    public void SetAll(double probability)
    {
        foreach (SimulatedFault fault in Enum.GetValues<SimulatedFault>())
        {
            this[fault] = probability;
        }
    }
}
