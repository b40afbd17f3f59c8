namespace ChainWatch;

/// <summary>How much of what is no longer needed for following is kept.</summary>
public enum RetentionPolicy
{
    /// <summary>Everything is kept. The size of the store is watched all the same.</summary>
    Disabled,

    /// <summary>Blocks and the details of coverage for 90 days, steps of settled payments and reconciliations for a year; more goes when the store outgrows 100 GB.</summary>
    Normal,

    /// <summary>Blocks and the details of coverage for a day, steps of settled payments and reconciliations for 30 days; more goes when the store outgrows 100 GB.</summary>
    Aggressive,

    /// <summary>What the other settings say, and nothing that they do not.</summary>
    Custom,
}
