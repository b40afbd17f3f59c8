namespace ChainWatch;

/// <summary>How one endpoint of a chain stands at one moment: what health answers, metrics and the watchdog see of it. It holds no URL and no key.</summary>
public sealed class EndpointStanding
{
    /// <summary>The endpoint's configured name.</summary>
    public required string Name { get; init; }

    /// <summary>True where it answers, as far as is known; false once it failed, until a real request succeeded on it. One that was not asked yet counts as up.</summary>
    public required bool Up { get; init; }

    /// <summary>In which place it is asked: 1 is asked first.</summary>
    public required int Rank { get; init; }

    /// <summary>Why it is down or stands behind others that it would be asked before, for people; <see langword="null"/> where there is nothing against it.</summary>
    public string? Reason { get; init; }

    /// <summary>The kind of <see cref="Reason"/>, one of a fixed number of words: <c>refused</c>, <c>failing</c>, <c>integrity</c>, <c>paused</c>, <c>lagging</c> or
    /// <c>set-aside</c>; <see langword="null"/> where there is none.</summary>
    public string? ReasonKind { get; init; }

    /// <summary>The head that it told last; <see langword="null"/> before the first.</summary>
    public long? Head { get; init; }

    /// <summary>How long ago it last told a higher head than ever before; <see langword="null"/> before the first.</summary>
    public TimeSpan? SinceHeadAdvanced { get; init; }

    /// <summary>How many blocks its head was behind the head that most endpoints of the chain agree on, when it told it; <see langword="null"/> where it told none yet.</summary>
    public long? Lag { get; init; }

    /// <summary>How long its successful answers to the question for the head take, smoothed; <see langword="null"/> before the first. Failures never count.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>How long it is still left alone, because it asked for a pause; zero where it is not.</summary>
    public TimeSpan PausedFor { get; init; }

    /// <summary>How many requests (or units, where its methods are weighed) a second it may be asked now: as configured, or lower after it complained; <see langword="null"/> for no limit.</summary>
    public double? RateLimit { get; init; }

    /// <summary>How many of its keys can be used; <see langword="null"/> where it has none.</summary>
    public int? UsableKeys { get; init; }
}
