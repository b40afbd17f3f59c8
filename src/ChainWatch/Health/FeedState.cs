namespace ChainWatch;

/// <summary>How a chain's feed and its consumer stood at one moment.</summary>
internal readonly struct FeedState
{
    /// <summary>The highest head that was read; -1 before the first.</summary>
    public required long Head { get; init; }

    /// <summary>The lowest head that was read since <see cref="Head"/> was: below it when the head goes back and forth.</summary>
    public required long LowestHead { get; init; }

    /// <summary>How many blocks the cursor is behind the head that there is now.</summary>
    public required long Lag { get; init; }

    /// <summary>The highest head that was pushed; -1 where none was, or no pushes are subscribed to.</summary>
    public required long Announced { get; init; }

    public required bool Connected { get; init; }

    public required bool HadEvent { get; init; }

    /// <summary>True while following the chain fails again and again, so that nobody reads the feed.</summary>
    public required bool Unread { get; init; }

    /// <summary>Since what is read last advanced strictly.</summary>
    public required TimeSpan SinceRead { get; init; }

    /// <summary>Since an endpoint last answered anything.</summary>
    public required TimeSpan SinceAnswer { get; init; }

    /// <summary>How long there have been blocks to commit without one being committed; zero while there is none.</summary>
    public required TimeSpan Uncommitted { get; init; }

    /// <summary>How long subscribed pushes have delivered nothing while the chain grew; <see langword="null"/> where nothing was missed.</summary>
    public required TimeSpan? Mute { get; init; }

    /// <summary>For how long blocks have come that were not announced, from the first to the last of them, by as many subscriptions as have come to nothing; zero where nothing was missed.</summary>
    public required TimeSpan Missed { get; init; }

    /// <summary>How long the follower has worked without asking the source; zero while it waits for it.</summary>
    public required TimeSpan Working { get; init; }

    /// <summary>Since the feed last delivered a tip that advanced strictly.</summary>
    public TimeSpan Silence => Mute is { } mute && mute > SinceRead ? mute : SinceRead;
}
