using System.Globalization;

namespace ChainWatch;

/// <summary>When records are compared with the chain, and how deep; configured under <c>ChainWatch:Reconciliation</c>. Asked for by hand it can be at any time, whatever is set here.</summary>
public sealed class ReconciliationOptions
{
    /// <summary>The time of day, in UTC, at which each chain is compared; <see langword="null"/> for none.</summary>
    /// <value>Hours and minutes, as in <c>03:00</c>. The default is none.</value>
    public TimeOnly? DailyAt { get; set; }

    /// <summary>How often each chain is compared; <see langword="null"/> for no such schedule. <see cref="DailyAt"/> cannot be set as well.</summary>
    /// <value>At least a minute. The default is none.</value>
    public TimeSpan? Every { get; set; }

    /// <summary>How many addresses a scheduled run compares, drawn at random each time; <see langword="null"/> for all.</summary>
    /// <value>1 or more. The default is all.</value>
    public int? Sample { get; set; }

    /// <summary>Whether scheduled runs repair what may be repaired.</summary>
    /// <value>The default is false.</value>
    public bool Repair { get; set; }

    /// <summary>How often the state of one address is asked for, at most, to find the blocks that explain a difference.</summary>
    /// <value>0 to 10,000. The default is 200.</value>
    public int MaxLookups { get; set; } = 200;

    /// <summary>How many blocks are read again for one address, at most, where the blocks that explain a difference cannot be found by asking for state in between.</summary>
    /// <value>0 to 1,000,000. The default is 5,000.</value>
    public int MaxBlocks { get; set; } = 5_000;

    internal void Read(ConfigurationReader reader)
    {
        if (reader.ReadText(nameof(DailyAt)) is { Length: > 0 } time)
        {
            if (TimeOnly.TryParseExact(time, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly value))
            {
                DailyAt = value;
            }
            else
            {
                reader.Errors.Add(reader.PathOf(nameof(DailyAt)), time, "it must be a time of day in UTC, as in 03:00");
            }
        }

        Every = reader.ReadDuration(nameof(Every)) ?? Every;
        Sample = reader.ReadWhole(nameof(Sample)) ?? Sample;
        Repair = reader.ReadFlag(nameof(Repair)) ?? Repair;
        MaxLookups = reader.ReadWhole(nameof(MaxLookups)) ?? MaxLookups;
        MaxBlocks = reader.ReadWhole(nameof(MaxBlocks)) ?? MaxBlocks;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        if (Every is { } every)
        {
            ChainWatchOptions.CheckRange(every, TimeSpan.FromMinutes(1), TimeSpan.FromDays(366), $"{path}:{nameof(Every)}", errors);
            if (DailyAt is not null)
            {
                errors.AddMessage($"{path}: {nameof(DailyAt)} and {nameof(Every)} are both given; leave one of them out.");
            }
        }

        if (Sample is { } sample)
        {
            ChainOptions.CheckRange(sample, 1, int.MaxValue, $"{path}:{nameof(Sample)}", errors);
        }

        ChainOptions.CheckRange(MaxLookups, 0, 10_000, $"{path}:{nameof(MaxLookups)}", errors);
        ChainOptions.CheckRange(MaxBlocks, 0, 1_000_000, $"{path}:{nameof(MaxBlocks)}", errors);
    }

    /// <summary>When the next scheduled run is due, given when the last one was asked for; <see langword="null"/> where there is no schedule.</summary>
    internal DateTimeOffset? NextAfter(DateTimeOffset? last, DateTimeOffset started)
    {
        if (Every is { } every)
        {
            return last + every ?? started;
        }

        if (DailyAt is not { } daily)
        {
            return null;
        }

        DateTimeOffset from = (last ?? started).ToUniversalTime();
        DateTimeOffset at = new(DateOnly.FromDateTime(from.UtcDateTime).ToDateTime(daily), TimeSpan.Zero);
        return at > from ? at : at.AddDays(1);
    }
}
