namespace ChainWatch.Testing;

/// <summary>One endpoint of a simulated chain. What it does wrong may be changed while it runs.</summary>
public sealed class SimulatedEndpoint
{
    /// <summary>Creates an endpoint that is up to date.</summary>
    /// <param name="name">Its configured name, which goes into the coverage.</param>
    /// <param name="lag">How many blocks it is behind the chain's head, always.</param>
    public SimulatedEndpoint(string name, int lag = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(lag);
        Name = name;
        Lag = lag;
    }

    /// <summary>Its configured name.</summary>
    public string Name { get; }

    /// <summary>How many blocks it is behind the chain's head.</summary>
    public int Lag { get; set; }

    /// <summary>
    /// The head of the branch that it is stuck on, until the chain's final block is on another one; <see langword="null"/> (the default) when it follows the canonical chain.
    /// </summary>
    public MinedBlock? StuckOn { get; set; }

    /// <summary>True when it answers nothing at all: every request ends by its timeout.</summary>
    public bool IsDown { get; set; }

    /// <summary>
    /// Which transactions it leaves out of the blocks that it serves, in a way that no check of one answer shows, as a node whose index has a hole; <see langword="null"/> (the default) for none.
    /// </summary>
    public Func<SimulatedTransaction, bool>? Hides { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
