namespace ChainWatch;

/// <summary>What <see cref="AuditVerification"/> found.</summary>
public sealed record AuditVerdict
{
    private AuditVerdict()
    {
    }

    /// <summary>True when every entry is as it was written.</summary>
    public bool IsIntact => Problem is null;

    /// <summary>The last entry that is as it was written.</summary>
    public AuditHead Head { get; private init; }

    /// <summary>The number of the first entry that is missing or changed; <see langword="null"/> where all is intact.</summary>
    public long? BrokenAt { get; private init; }

    /// <summary>What is wrong with it, for people.</summary>
    public string? Problem { get; private init; }

    internal static AuditVerdict Intact(AuditHead head) => new() { Head = head };

    internal static AuditVerdict Broken(long at, string problem) => new() { BrokenAt = at, Problem = problem };
}
