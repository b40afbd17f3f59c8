using System.Globalization;

namespace ChainWatch;

/// <summary>
/// How long the store keeps what following no longer needs, and how large it may grow: in code, and under <c>ChainWatch:Retention</c>. Whatever is set here, payments, watched addresses, undelivered
/// events, the audit log and everything from the newest final block on stay.
/// </summary>
public sealed class RetentionOptions
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(36_500);
    private const long Gigabyte = 1_000_000_000;

    /// <summary>What to keep.</summary>
    /// <value>The default is <see cref="RetentionPolicy.Disabled"/>: everything.</value>
    public RetentionPolicy Policy { get; set; }

    /// <summary>After what time headers of final blocks go, abandoned branches included: by the block's own time, or by when it was read where it tells none.</summary>
    /// <value>At least an hour. <see langword="null"/> takes the policy's: 90 days, 1 day; never under <c>custom</c>.</value>
    public TimeSpan? BlocksAfter { get; set; }

    /// <summary>After what time neighbouring ranges of coverage become one: that the blocks were read stays, which of several endpoints read which one goes.</summary>
    /// <value>At least an hour. <see langword="null"/> takes the policy's: 90 days, 1 day; never under <c>custom</c>.</value>
    public TimeSpan? CoverageAfter { get; set; }

    /// <summary>After what time the steps of a payment go, but the last: of final payments only, all of whose events were delivered. The last step holds the whole payment, so folding what is left still gives its state.</summary>
    /// <value>At least an hour. <see langword="null"/> takes the policy's: 365 days, 30 days; never under <c>custom</c>.</value>
    public TimeSpan? EventsAfter { get; set; }

    /// <summary>After what time reconciliations go, with what they found. The last one that is done, the last one of the schedule, and those that are not done stay.</summary>
    /// <value>At least an hour. <see langword="null"/> takes the policy's: 365 days, 30 days; never under <c>custom</c>.</value>
    public TimeSpan? ReconciliationsAfter { get; set; }

    /// <summary>How many blocks below the newest final one stay whatever their age, also where the store is too large.</summary>
    /// <value>From 0 up. The default is 1,000.</value>
    public int KeepBlocks { get; set; } = 1_000;

    /// <summary>The size of the store, in bytes, beyond which what may go goes, oldest first, whatever its age.</summary>
    /// <value>1 MB or more. <see langword="null"/> takes the policy's: 100 GB; no limit under <c>custom</c>.</value>
    public long? DiskThreshold { get; set; }

    /// <summary>The size, in bytes, that it is brought down to then.</summary>
    /// <value>Not more than <see cref="DiskThreshold"/>. <see langword="null"/> takes four fifths of it.</value>
    public long? DiskTarget { get; set; }

    /// <summary>How long the leader of a chain waits between two looks.</summary>
    /// <value>From 10 seconds to a day. The default is 10 minutes.</value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A folder on the volume that holds the database, where this process can see it: its free space is then shown. PostgreSQL itself does not tell it.</summary>
    /// <value>The default is none.</value>
    public string? DatabaseVolume { get; set; }

    internal TimeSpan? BlocksLive => AgeOf(BlocksAfter, normalDays: 90, aggressiveDays: 1);

    internal TimeSpan? CoverageLives => AgeOf(CoverageAfter, normalDays: 90, aggressiveDays: 1);

    internal TimeSpan? EventsLive => AgeOf(EventsAfter, normalDays: 365, aggressiveDays: 30);

    internal TimeSpan? ReconciliationsLive => AgeOf(ReconciliationsAfter, normalDays: 365, aggressiveDays: 30);

    /// <summary>Beyond what size more goes; <see langword="null"/> for no limit.</summary>
    internal long? Threshold => Policy switch
    {
        RetentionPolicy.Disabled => null,
        RetentionPolicy.Custom => DiskThreshold,
        _ => DiskThreshold ?? 100 * Gigabyte,
    };

    internal long? Target => Threshold is { } threshold ? DiskTarget ?? threshold / 5 * 4 : null;

    internal void Read(ConfigurationReader reader)
    {
        if (reader.ReadText(nameof(Policy)) is { Length: > 0 } policy)
        {
            if (Enum.TryParse(policy, ignoreCase: true, out RetentionPolicy known) && Enum.IsDefined(known) && !char.IsAsciiDigit(policy[0]))
            {
                Policy = known;
            }
            else
            {
                reader.Errors.Add(reader.PathOf(nameof(Policy)), policy, "it must be disabled, normal, aggressive or custom");
            }
        }

        BlocksAfter = reader.ReadDuration(nameof(BlocksAfter)) ?? BlocksAfter;
        CoverageAfter = reader.ReadDuration(nameof(CoverageAfter)) ?? CoverageAfter;
        EventsAfter = reader.ReadDuration(nameof(EventsAfter)) ?? EventsAfter;
        ReconciliationsAfter = reader.ReadDuration(nameof(ReconciliationsAfter)) ?? ReconciliationsAfter;
        KeepBlocks = reader.ReadWhole(nameof(KeepBlocks)) ?? KeepBlocks;
        DiskThreshold = ReadSize(reader, nameof(DiskThreshold)) ?? DiskThreshold;
        DiskTarget = ReadSize(reader, nameof(DiskTarget)) ?? DiskTarget;
        Interval = reader.ReadDuration(nameof(Interval)) ?? Interval;
        DatabaseVolume = reader.ReadText(nameof(DatabaseVolume)) is { Length: > 0 } volume ? volume : DatabaseVolume;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        CheckAge(BlocksAfter, $"{path}:{nameof(BlocksAfter)}", errors);
        CheckAge(CoverageAfter, $"{path}:{nameof(CoverageAfter)}", errors);
        CheckAge(EventsAfter, $"{path}:{nameof(EventsAfter)}", errors);
        CheckAge(ReconciliationsAfter, $"{path}:{nameof(ReconciliationsAfter)}", errors);
        ChainWatchOptions.CheckRange(Interval, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1), $"{path}:{nameof(Interval)}", errors);
        if (KeepBlocks < 0)
        {
            errors.Add($"{path}:{nameof(KeepBlocks)}", KeepBlocks.ToString(CultureInfo.InvariantCulture), "it must be 0 or more");
        }

        if (DiskThreshold is < 1_000_000)
        {
            errors.Add($"{path}:{nameof(DiskThreshold)}", DiskThreshold.Value.ToString(CultureInfo.InvariantCulture), "it must be 1MB or more");
        }

        if (DiskTarget is { } target && (Threshold is not { } threshold || target > threshold || target < 0))
        {
            errors.Add(
                $"{path}:{nameof(DiskTarget)}", target.ToString(CultureInfo.InvariantCulture),
                Threshold is { } most ? $"it must be from 0 to {nameof(DiskThreshold)}, which is {most.ToString(CultureInfo.InvariantCulture)}" : $"it means nothing without {nameof(DiskThreshold)}");
        }

        if (Policy == RetentionPolicy.Disabled && (BlocksAfter ?? CoverageAfter ?? EventsAfter ?? ReconciliationsAfter) is not null)
        {
            errors.AddMessage($"{path}: ages are given, but {nameof(Policy)} is 'disabled', so that nothing would ever go: make it normal, aggressive or custom, or leave the ages out.");
        }
    }

    private static void CheckAge(TimeSpan? age, string path, ConfigurationErrors errors)
    {
        if (age is { } time)
        {
            ChainWatchOptions.CheckRange(time, TimeSpan.FromHours(1), s_longest, path, errors);
        }
    }

    private static long? ReadSize(ConfigurationReader reader, string key)
    {
        string? text = reader.ReadText(key);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (ByteSize.TryParse(text, out long bytes))
        {
            return bytes;
        }

        reader.Errors.Add(reader.PathOf(key), text, "it must be a size like 80GB, 500MB or a number of bytes");
        return null;
    }

    private TimeSpan? AgeOf(TimeSpan? set, int normalDays, int aggressiveDays) => Policy switch
    {
        RetentionPolicy.Disabled => null,
        RetentionPolicy.Normal => set ?? TimeSpan.FromDays(normalDays),
        RetentionPolicy.Aggressive => set ?? TimeSpan.FromDays(aggressiveDays),
        _ => set,
    };
}
