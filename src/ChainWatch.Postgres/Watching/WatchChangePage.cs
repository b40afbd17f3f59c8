using System.Collections;

namespace ChainWatch.Postgres;

/// <summary>
/// Changes of a watchlist in the order of their numbers, each in no more memory than its key and number need: a start reads millions, and an <see cref="AddressKey"/> has room for the longest there is.
/// </summary>
internal sealed class WatchChangePage : IReadOnlyList<WatchChange>
{
    private readonly int _keyLength;
    private byte[] _keys;
    private long[] _sequences;
    private bool[] _removed;

    /// <param name="keyLength">The number of bytes in each key.</param>
    /// <param name="capacity">How many changes to make room for at once; it grows by itself.</param>
    public WatchChangePage(int keyLength, int capacity)
    {
        _keyLength = keyLength;
        _keys = new byte[capacity * keyLength];
        _sequences = new long[capacity];
        _removed = new bool[capacity];
    }

    public int Count { get; private set; }

    public WatchChange this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return new WatchChange(_sequences[index], new AddressKey(KeyAt(index)), _removed[index]);
        }
    }

    /// <summary>Makes room for one more, and returns where its key goes.</summary>
    public Span<byte> Add(long sequence, bool removed)
    {
        if (Count == _sequences.Length)
        {
            int capacity = Math.Max(16, Count * 2);
            Array.Resize(ref _keys, checked(capacity * _keyLength));
            Array.Resize(ref _sequences, capacity);
            Array.Resize(ref _removed, capacity);
        }

        _sequences[Count] = sequence;
        _removed[Count] = removed;
        return KeyAt(Count++);
    }

    /// <summary>The first <paramref name="limit"/> of the changes of both, in the order of their numbers.</summary>
    public static WatchChangePage Merge(WatchChangePage one, WatchChangePage other, int limit)
    {
        if (other.Count == 0)
        {
            one.Count = Math.Min(one.Count, limit);
            return one;
        }

        WatchChangePage merged = new(one._keyLength, Math.Min(one.Count + other.Count, limit));
        int left = 0;
        int right = 0;
        while (merged.Count < limit && left + right < one.Count + other.Count)
        {
            bool isLeft = right == other.Count || (left < one.Count && one._sequences[left] < other._sequences[right]);
            WatchChangePage from = isLeft ? one : other;
            int index = isLeft ? left++ : right++;
            from.KeyAt(index).CopyTo(merged.Add(from._sequences[index], from._removed[index]));
        }

        return merged;
    }

    public IEnumerator<WatchChange> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Span<byte> KeyAt(int index) => _keys.AsSpan(index * _keyLength, _keyLength);
}
