namespace ChainWatch;

/// <summary>How leadership is held.</summary>
public sealed class LeadershipOptions
{
    /// <summary>How long a leader that is no longer heard of keeps its scope before another instance takes it over.</summary>
    /// <value>1 second to 10 minutes. The default is 5 seconds.</value>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether instances share the chains evenly among them: a chain that another instance should lead is handed to it, between two commits, once both have been ready for
    /// <see cref="HandBackAfter"/>. Without it a chain stays where it is until its leader goes.
    /// </summary>
    /// <value>The default is true.</value>
    public bool ShareChains { get; set; } = true;

    /// <summary>
    /// How long an instance must have stood by, ready to lead, before chains are handed to it, and the least time between two hand-overs by the same instance.
    /// </summary>
    /// <value>1 second to 1 day. The default is 30 seconds.</value>
    public TimeSpan HandBackAfter { get; set; } = TimeSpan.FromSeconds(30);

    internal void Read(ConfigurationReader reader)
    {
        TimeToLive = reader.ReadDuration(nameof(TimeToLive)) ?? TimeToLive;
        ShareChains = reader.ReadFlag(nameof(ShareChains)) ?? ShareChains;
        HandBackAfter = reader.ReadDuration(nameof(HandBackAfter)) ?? HandBackAfter;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        ChainWatchOptions.CheckRange(TimeToLive, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), $"{path}:{nameof(TimeToLive)}", errors);
        ChainWatchOptions.CheckRange(HandBackAfter, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), $"{path}:{nameof(HandBackAfter)}", errors);
    }
}
