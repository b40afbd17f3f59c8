namespace ChainWatch;

/// <summary>How leadership is held.</summary>
public sealed class LeadershipOptions
{
    /// <summary>How long a leader that is no longer heard of keeps its scope before another instance takes it over.</summary>
    /// <value>1 second to 10 minutes. The default is 5 seconds.</value>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromSeconds(5);

    internal void Read(ConfigurationReader reader) => TimeToLive = reader.ReadDuration(nameof(TimeToLive)) ?? TimeToLive;

    internal void Validate(string path, ConfigurationErrors errors) =>
        ChainWatchOptions.CheckRange(TimeToLive, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), $"{path}:{nameof(TimeToLive)}", errors);
}
