namespace ChainWatch;

/// <summary>How many addresses came to which result.</summary>
/// <param name="Matched">They agree, or every difference is explained and harmless.</param>
/// <param name="Mismatched">The records differ from the chain about something.</param>
/// <param name="Missing">The chain has something that the records have not.</param>
/// <param name="Extra">The records have something that the chain has not.</param>
/// <param name="Unknown">It could not be compared.</param>
public readonly record struct ReconciliationCounts(long Matched, long Mismatched, long Missing, long Extra, long Unknown)
{
    /// <summary>All of them.</summary>
    public long Total => Matched + Mismatched + Missing + Extra + Unknown;

    /// <summary>These and one more.</summary>
    public ReconciliationCounts With(ReconciliationResult result) => result switch
    {
        ReconciliationResult.Matched => this with { Matched = Matched + 1 },
        ReconciliationResult.Mismatched => this with { Mismatched = Mismatched + 1 },
        ReconciliationResult.Missing => this with { Missing = Missing + 1 },
        ReconciliationResult.Extra => this with { Extra = Extra + 1 },
        _ => this with { Unknown = Unknown + 1 },
    };
}
