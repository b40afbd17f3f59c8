using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>Tells the time of a slot. Its length changed once, with Shelley, and may change again: the server knows.</summary>
internal sealed class SlotClock
{
    private readonly DateTimeOffset _start;
    private readonly List<(long Slot, double Seconds, double SlotSeconds)> _eras = [];

    /// <summary>A clock that does not know.</summary>
    public static SlotClock Unknown { get; } = new(default, default);

    private SlotClock(DateTimeOffset start, JsonElement eras)
    {
        _start = start;
        foreach (JsonElement era in eras.ValueKind == JsonValueKind.Array ? eras.EnumerateArray() : default)
        {
            JsonElement begin = era.GetProperty("start");
            _eras.Add((begin.GetProperty("slot").GetInt64(), begin.GetProperty("time").GetProperty("seconds").GetDouble(), era.GetProperty("parameters").GetProperty("slotLength").GetProperty("milliseconds").GetDouble() / 1000));
        }
    }

    /// <summary>Makes a clock of what <c>queryNetwork/startTime</c> and <c>queryLedgerState/eraSummaries</c> answered.</summary>
    public static SlotClock Read(DateTimeOffset start, JsonElement eras) => new(start, eras);

    /// <summary>The time of a slot; the earliest there is where it is not known.</summary>
    public DateTimeOffset TimeOf(long slot)
    {
        int era = _eras.FindLastIndex(era => era.Slot <= slot);
        if (era < 0)
        {
            return default;
        }

        double seconds = _eras[era].Seconds + ((slot - _eras[era].Slot) * _eras[era].SlotSeconds);
        return seconds >= 0 && seconds < (DateTimeOffset.MaxValue - _start).TotalSeconds ? _start.AddSeconds(seconds) : default;
    }
}
