using System.Globalization;

namespace ChainWatch.Cardano;

/// <summary>A point of the chain as its protocol names it: a slot and the block there, without a height.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Hash">The block's hash.</param>
internal readonly record struct CardanoPoint(long Slot, Hash256 Hash)
{
    /// <summary>The point before the first block.</summary>
    public static CardanoPoint Origin { get; } = new(-1, default);

    public bool IsOrigin => Slot < 0;

    public static CardanoPoint Of(in ChainPoint point) => new(point.Slot, point.Hash);

    /// <summary>Reads <c>slot:hash</c>.</summary>
    public static bool TryParse(string? text, out CardanoPoint point)
    {
        int colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        point = default;
        if (colon < 0 || !long.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out long slot) || !Hash256.TryParse(text.AsSpan(colon + 1), out Hash256 hash))
        {
            return false;
        }

        point = new CardanoPoint(slot, hash);
        return true;
    }

    /// <summary>Reads <c>slot:hash</c>.</summary>
    public static CardanoPoint Parse(string text) => TryParse(text, out CardanoPoint point) ? point : throw new FormatException($"'{text}' is no point of the form slot:hash.");

    /// <summary>Writes the point as a request names it.</summary>
    public string ToJson() => IsOrigin ? "\"origin\"" : string.Create(CultureInfo.InvariantCulture, $"{{\"slot\":{Slot},\"id\":\"{Hash}\"}}");

    /// <inheritdoc/>
    public override string ToString() => IsOrigin ? "origin" : string.Create(CultureInfo.InvariantCulture, $"{Slot}:{Hash}");
}
