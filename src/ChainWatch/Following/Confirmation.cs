using System.Globalization;

namespace ChainWatch;

/// <summary>When a payment counts as confirmed: after a number of blocks, or when the chain itself calls its block safe or final.</summary>
public readonly struct Confirmation : IEquatable<Confirmation>
{
    private readonly int _depth;

    private Confirmation(ConfirmationMark mark, int depth)
    {
        Mark = mark;
        _depth = depth;
    }

    /// <summary>Confirmed when the chain calls the payment's block final (by depth on chains without such a mark).</summary>
    public static Confirmation Finalized { get; } = new(ConfirmationMark.Finalized, 0);

    /// <summary>Confirmed when the chain calls the payment's block safe.</summary>
    public static Confirmation Safe { get; } = new(ConfirmationMark.Safe, 0);

    /// <summary>Which end of the chain is waited for.</summary>
    public ConfirmationMark Mark { get; }

    /// <summary>For <see cref="ConfirmationMark.Head"/>, the number of blocks, the payment's own counted: 1 is confirmed at once.</summary>
    public int Depth => Mark == ConfirmationMark.Head ? _depth + 1 : 0;

    /// <summary>Confirmed when this many blocks stand, the payment's own counted: head − block + 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    public static Confirmation Blocks(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new(ConfirmationMark.Head, count - 1);
    }

    /// <summary>The height that <see cref="Mark"/> must reach for a payment in the block at <paramref name="blockHeight"/> to be confirmed.</summary>
    public long HeightFor(long blockHeight) => blockHeight + _depth;

    /// <summary>Reads <c>finalized</c>, <c>safe</c> or a number of blocks from 1 up.</summary>
    public static bool TryParse(string? text, out Confirmation confirmation)
    {
        confirmation = default;
        if (string.Equals(text, "finalized", StringComparison.OrdinalIgnoreCase))
        {
            confirmation = Finalized;
            return true;
        }

        if (string.Equals(text, "safe", StringComparison.OrdinalIgnoreCase))
        {
            confirmation = Safe;
            return true;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1)
        {
            confirmation = Blocks(count);
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(Confirmation other) => Mark == other.Mark && _depth == other._depth;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Confirmation other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mark, _depth);

    /// <inheritdoc/>
    public override string ToString() => Mark switch
    {
        ConfirmationMark.Safe => "safe",
        ConfirmationMark.Finalized => "finalized",
        _ => Depth.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>True when both are the same rule.</summary>
    public static bool operator ==(Confirmation left, Confirmation right) => left.Equals(right);

    /// <summary>True when the rules differ.</summary>
    public static bool operator !=(Confirmation left, Confirmation right) => !left.Equals(right);
}
