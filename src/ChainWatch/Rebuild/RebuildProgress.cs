namespace ChainWatch;

/// <summary>How far a rebuild has come.</summary>
/// <param name="FromHeight">Where it began.</param>
/// <param name="Height">The last block that is stored; one less than <paramref name="FromHeight"/> before the first.</param>
/// <param name="ToHeight">Where the live system stands.</param>
/// <param name="BlocksPerSecond">How fast it reads.</param>
/// <param name="Left">How long it will take at that rate; <see langword="null"/> where that cannot be told yet.</param>
/// <param name="Trouble">What keeps it from reading, for people; <see langword="null"/> where nothing does.</param>
public readonly record struct RebuildProgress(long FromHeight, long Height, long ToHeight, double BlocksPerSecond, TimeSpan? Left, string? Trouble)
{
    /// <summary>The part that is done, from 0 to 1.</summary>
    public double Done => ToHeight < FromHeight ? 1 : Math.Clamp((double)(Height - FromHeight + 1) / (ToHeight - FromHeight + 1), 0, 1);
}
