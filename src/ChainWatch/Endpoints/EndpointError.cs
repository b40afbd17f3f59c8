namespace ChainWatch;

/// <summary>Why an endpoint did not answer as asked.</summary>
public sealed class EndpointError
{
    /// <summary>What it means.</summary>
    public required EndpointErrorKind Kind { get; init; }

    /// <summary>What went wrong, for people: without URL and key, one line, of bounded length.</summary>
    public required string Message { get; init; }

    /// <summary>The error code of the protocol, where it has one.</summary>
    public long? Code { get; init; }

    /// <summary>How long the endpoint asked to be left alone; <see langword="null"/> where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>For <see cref="EndpointErrorKind.RangeTooLarge"/>: how many blocks the endpoint says it would answer at once; <see langword="null"/> where it did not say.</summary>
    public long? SuggestedBlocks { get; init; }

    /// <summary>The name of the integrity check that the answer failed, as it appears in metrics; <see langword="null"/> for other errors.</summary>
    public string? Check { get; init; }

    /// <summary>True where the endpoint took all the time it may take: asking it once more would only take that time again.</summary>
    internal bool TimedOut { get; init; }

    /// <summary>True where nothing was sent, because the endpoint's refusal is known beforehand.</summary>
    internal bool IsKnown { get; init; }

    /// <summary>True where the endpoint let no connection be opened: whatever it is asked for, it is of no use until that changes.</summary>
    internal bool NoConnection { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Message;
}
