using System.Buffers.Binary;
using System.Collections;

namespace ChainWatch.Postgres;

/// <summary>
/// Changes of a watchlist in the order of their numbers, as the bytes in which the server sent them: a start reads millions, and none of them is looked at before it is taken in.
/// </summary>
internal sealed class WatchChangePage : IReadOnlyList<WatchChange>
{
    private readonly int _keyLength;
    private readonly byte[] _records;
    private readonly bool[] _removed;

    /// <param name="keyLength">The number of bytes in each key.</param>
    /// <param name="records">For each change its number, the highest byte first, and its key.</param>
    /// <param name="removed">Whether all of them are removals.</param>
    public WatchChangePage(int keyLength, byte[] records, bool removed)
        : this(keyLength, records, removed ? Enumerable.Repeat(true, records.Length / RecordLength(keyLength)).ToArray() : [])
    {
    }

    private WatchChangePage(int keyLength, byte[] records, bool[] removed)
    {
        _keyLength = keyLength;
        _records = records;
        _removed = removed;
        Count = records.Length / RecordLength(keyLength);
    }

    public int Count { get; private set; }

    public WatchChange this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            ReadOnlySpan<byte> record = RecordAt(index);
            return new WatchChange(SequenceOf(record), new AddressKey(record[sizeof(long)..]), IsRemoved(index));
        }
    }

    /// <summary>How many bytes a change with a key of this length takes.</summary>
    public static int RecordLength(int keyLength) => sizeof(long) + keyLength;

    /// <summary>The first <paramref name="limit"/> of the changes of both, in the order of their numbers.</summary>
    public static WatchChangePage Merge(WatchChangePage one, WatchChangePage other, int limit)
    {
        if (one.Count == 0 || other.Count == 0)
        {
            WatchChangePage only = other.Count == 0 ? one : other;
            only.Count = Math.Min(only.Count, limit);
            return only;
        }

        int count = Math.Min(one.Count + other.Count, limit);
        int length = RecordLength(one._keyLength);
        byte[] records = new byte[count * length];
        bool[] removed = new bool[count];
        int left = 0;
        int right = 0;
        for (int index = 0; index < count; index++)
        {
            bool isLeft = right == other.Count || (left < one.Count && SequenceOf(one.RecordAt(left)) < SequenceOf(other.RecordAt(right)));
            WatchChangePage from = isLeft ? one : other;
            int at = isLeft ? left++ : right++;
            from.RecordAt(at).CopyTo(records.AsSpan(index * length));
            removed[index] = from.IsRemoved(at);
        }

        return new WatchChangePage(one._keyLength, records, removed);
    }

    public IEnumerator<WatchChange> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static long SequenceOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64BigEndian(record);

    private ReadOnlySpan<byte> RecordAt(int index) => _records.AsSpan(index * RecordLength(_keyLength), RecordLength(_keyLength));

    // Without removals, as at nearly every start, there is nothing to remember about them.
    private bool IsRemoved(int index) => _removed.Length > 0 && _removed[index];
}
