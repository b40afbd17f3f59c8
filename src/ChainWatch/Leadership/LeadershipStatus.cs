namespace ChainWatch;

/// <summary>Who leads a scope, as this instance knows it.</summary>
public sealed record LeadershipStatus
{
    /// <summary>What is led.</summary>
    public required string Scope { get; init; }

    /// <summary>True when this instance leads.</summary>
    public required bool IsLeading { get; init; }

    /// <summary>The term under which this instance leads or last led; 0 before it ever led.</summary>
    public required long Term { get; init; }

    /// <summary>Since when this instance leads, or stands by; <see langword="null"/> before it stood for the scope.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>On a standby, who leads instead; <see langword="null"/> on the leader, and as long as nobody is known to lead.</summary>
    public LeadershipHolder? Holder { get; init; }

    /// <summary>Whether this instance could go on at once where the leader stops: it leads itself, or its rehearsal went well.</summary>
    public required bool IsReady { get; init; }
}
