namespace ChainWatch.Testing;

/// <summary>
/// Chance that comes from a seed alone: the same seed gives the same numbers on every machine and every version of .NET, so that a failing run can be told by one
/// number. Not for secrets, and not safe to use from several threads.
/// </summary>
public sealed class SeededRandom
{
    private ulong _state;

    /// <summary>Creates a sequence.</summary>
    /// <param name="seed">Any number.</param>
    public SeededRandom(long seed)
    {
        _state = unchecked((ulong)seed * 0x9E3779B97F4A7C15UL) ^ 0xD1B54A32D192ED03UL;
    }

    /// <summary>The next 64 bits (SplitMix64, Steele, Lea and Flood 2014).</summary>
    public ulong NextBits()
    {
        _state = unchecked(_state + 0x9E3779B97F4A7C15UL);
        ulong bits = _state;
        bits = unchecked((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9UL);
        bits = unchecked((bits ^ (bits >> 27)) * 0x94D049BB133111EBUL);
        return bits ^ (bits >> 31);
    }

    /// <summary>A number from 0 up to, but without, <paramref name="limit"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1.</exception>
    public int Next(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return (int)(NextBits() % (ulong)limit);
    }

    /// <summary>A number from <paramref name="from"/> to <paramref name="to"/>, both included.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="to"/> is less than <paramref name="from"/>.</exception>
    public int Between(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        return from + Next(to - from + 1);
    }

    /// <summary>True with a probability.</summary>
    /// <param name="probability">From 0, never, to 1, always.</param>
    public bool Chance(double probability) => (NextBits() >> 11) * (1.0 / (1UL << 53)) < probability;

    /// <summary>One of several things.</summary>
    /// <exception cref="ArgumentException"><paramref name="items"/> is empty.</exception>
    public T Pick<T>(IReadOnlyList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (items.Count == 0)
        {
            throw new ArgumentException("There is nothing to pick from.", nameof(items));
        }

        return items[Next(items.Count)];
    }

    /// <summary>Brings a list into another order.</summary>
    public void Shuffle<T>(IList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        for (int last = items.Count - 1; last > 0; last--)
        {
            int other = Next(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>32 bytes, as for a block hash or a transaction id.</summary>
    public Hash256 NextHash()
    {
        Span<byte> bytes = stackalloc byte[Hash256.Length];
        for (int at = 0; at < bytes.Length; at += 8)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[at..], NextBits());
        }

        return new Hash256(bytes);
    }
}
