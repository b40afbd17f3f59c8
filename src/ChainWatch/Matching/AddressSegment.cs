using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ChainWatch;

/// <summary>
/// One part of the table behind an <see cref="AddressSet"/>: all keys whose hashes begin alike. In front stands a filter of one byte for each slot: most keys that are not
/// there end at one of its words. Behind it the keys lie in open addressing, each with the number under which it was added, so that one who is there is found at one place
/// in memory. Keys are only ever added; one that outgrows its segment is put into a larger one, while readers go on in the old.
/// </summary>
internal sealed class AddressSegment
{
    /// <summary>How full a segment may get, in parts of a thousand. Fuller it would be slow to search; emptier it would waste memory.</summary>
    private const int MostPerMille = 925;

    /// <summary>How full a segment is after it grew.</summary>
    private const int StartPerMille = 855;

    private const int NumberLength = sizeof(int);

    private readonly int _keyLength;
    private readonly int _stride;
    private readonly int _slots;
    private readonly int _most;
    private readonly ulong[] _filter;
    private readonly byte[] _entries;

    /// <param name="keyLength">The number of bytes in each key.</param>
    /// <param name="capacity">How many keys it is made for.</param>
    /// <param name="depth">How many of the first bits of their hashes all its keys share.</param>
    public AddressSegment(int keyLength, int capacity, int depth)
    {
        _keyLength = keyLength;
        // Numbers are read while others are written: each must lie where the processor reads it at once.
        _stride = (NumberLength + keyLength + NumberLength - 1) / NumberLength * NumberLength;
        _slots = Math.Max(8, (int)((capacity * 1000L / StartPerMille) + 1));
        // One slot stays free, or a search would not end.
        _most = Math.Min(_slots - 1, (int)(_slots * (long)MostPerMille / 1000));
        _filter = new ulong[(_slots + 7) / 8];
        _entries = new byte[_slots * _stride];
        Depth = depth;
    }

    public int Count { get; private set; }

    public int Depth { get; }

    /// <summary>How many bytes of memory it holds.</summary>
    public long Size => _entries.LongLength + (_filter.LongLength * sizeof(ulong));

    public bool IsFull => Count >= _most;

    /// <summary>False when no key with this hash was ever added. It looks at one word of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayContain(ulong hash)
    {
        ulong bits = BitsOf(hash);
        return (FilterWord(hash) & bits) == bits;
    }

    /// <summary>
    /// The lowest number above <paramref name="after"/> and below <paramref name="entries"/> under which this key was added; -1 where there is none. Of one key the lower number stands before the higher,
    /// so the first that is met is it: to look on up to a free slot would take ten times as long.
    /// </summary>
    public int Find(ReadOnlySpan<byte> key, ulong hash, int entries, int after)
    {
        ref byte all = ref MemoryMarshal.GetArrayDataReference(_entries);
        ulong beginning = key.Length >= sizeof(ulong) ? Unsafe.ReadUnaligned<ulong>(ref MemoryMarshal.GetReference(key)) : 0;
        for (int slot = SlotOf(hash); ; slot = slot + 1 == _slots ? 0 : slot + 1)
        {
            ref byte entry = ref Unsafe.Add(ref all, (nint)slot * _stride);
            int number = Volatile.Read(ref Unsafe.As<byte, int>(ref entry)) - 1;
            if (number < 0)
            {
                return -1;
            }

            entry = ref Unsafe.Add(ref entry, NumberLength);
            if (key.Length >= sizeof(ulong) && Unsafe.ReadUnaligned<ulong>(ref entry) != beginning)
            {
                continue;
            }

            if (number > after && MemoryMarshal.CreateReadOnlySpan(ref entry, _keyLength).SequenceEqual(key))
            {
                return number < entries ? number : -1;
            }
        }
    }

    /// <summary>Adds a key; there must be room.</summary>
    public void Add(ReadOnlySpan<byte> key, ulong hash, int number)
    {
        ref byte all = ref MemoryMarshal.GetArrayDataReference(_entries);
        int slot = SlotOf(hash);
        while (Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref all, (nint)slot * _stride)) != 0)
        {
            slot = slot + 1 == _slots ? 0 : slot + 1;
        }

        // Readers on other threads see the number last, when the key is there; and the filter does not matter to those who look for older keys.
        ref ulong word = ref FilterWord(hash);
        Volatile.Write(ref word, word | BitsOf(hash));
        ref byte entry = ref Unsafe.Add(ref all, (nint)slot * _stride);
        key.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref entry, NumberLength), _keyLength));
        Volatile.Write(ref Unsafe.As<byte, int>(ref entry), number + 1);
        Count++;
    }

    /// <summary>The key and the number in a slot; false where it is free.</summary>
    public bool TryGet(int slot, out ReadOnlySpan<byte> key, out int number)
    {
        ReadOnlySpan<byte> entry = _entries.AsSpan(slot * _stride, _stride);
        key = entry.Slice(NumberLength, _keyLength);
        number = Volatile.Read(ref Unsafe.As<byte, int>(ref Unsafe.AsRef(in entry[0]))) - 1;
        return number >= 0;
    }

    public int Slots => _slots;

    /// <summary>A slot that is free. Whoever goes around from there meets the keys of each search in its order.</summary>
    public int FreeSlot()
    {
        int slot = 0;
        while (TryGet(slot, out _, out _))
        {
            slot++;
        }

        return slot;
    }

    /// <summary>The bits of the hash below those that choose the segment decide the slot; its lower half decides the filter's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SlotOf(ulong hash) => (int)(((hash << Depth >> 32) * (ulong)_slots) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ulong FilterWord(ulong hash) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_filter), (nint)(((hash << Depth >> 32) * (ulong)_filter.Length) >> 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong BitsOf(ulong hash) => (1UL << (int)(hash & 63)) | (1UL << (int)((hash >> 6) & 63)) | (1UL << (int)((hash >> 12) & 63)) | (1UL << (int)((hash >> 18) & 63));
}
