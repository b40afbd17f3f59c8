namespace ChainWatch;

/// <summary>A payment that is not recorded as the chain holds it.</summary>
public sealed record RebuildDifference
{
    /// <summary>As it is recorded; <see langword="null"/> where it is not, or as retracted.</summary>
    public Payment? Recorded { get; init; }

    /// <summary>As it was read from the chain now; <see langword="null"/> where the chain does not hold it.</summary>
    public Payment? Rebuilt { get; init; }

    /// <summary><c>missing</c> in the records, <c>extra</c> in them, or <c>changed</c>.</summary>
    public string Kind => Recorded is null ? "missing" : Rebuilt is null ? "extra" : "changed";
}
