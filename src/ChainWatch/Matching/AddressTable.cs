using System.Buffers.Binary;

namespace ChainWatch;

/// <summary>
/// The append-only hash table behind snapshots of an <see cref="AddressSet"/>: entries are only ever added at the end, so a snapshot is this table and a number of
/// entries, and an entry past that number does not exist for it. One byte of each key's hash lies in an array of its own: most misses end there.
/// </summary>
internal sealed class AddressTable
{
    private const double MaxLoad = 0.75;

    private readonly byte[] _keys;
    private readonly byte[] _tags;
    private readonly int[] _slots;
    private readonly int _mask;
    private readonly Lock _append = new();
    private int _entries;

    public AddressTable(int keyLength, int capacity)
    {
        KeyLength = keyLength;
        capacity = Math.Max(capacity, 8);
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Ceiling(capacity / MaxLoad));
        _keys = new byte[checked(capacity * keyLength)];
        _tags = new byte[slots];
        _slots = new int[slots];
        _mask = slots - 1;
    }

    public int KeyLength { get; }

    public ReadOnlySpan<byte> this[int index] => Key(index);

    /// <summary>The lowest entry above <paramref name="after"/> and below <paramref name="entries"/> with this key, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key, int entries, int after)
    {
        ulong hash = Hash(key);
        byte tag = TagOf(hash);
        int found = -1;
        for (int at = (int)hash & _mask; ; at = (at + 1) & _mask)
        {
            byte here = Volatile.Read(ref _tags[at]);
            if (here == 0)
            {
                return found;
            }

            if (here != tag)
            {
                continue;
            }

            int index = _slots[at];
            if (index > after && index < entries && (found < 0 || index < found) && Key(index).SequenceEqual(key))
            {
                found = index;
            }
        }
    }

    /// <summary>Adds a key behind the first <paramref name="entries"/> entries: here, or, where this table is full or already has others there, in a copy.</summary>
    public AddressTable Append(ReadOnlySpan<byte> key, int entries)
    {
        lock (_append)
        {
            int capacity = _keys.Length / KeyLength;
            if (entries == _entries && entries < capacity)
            {
                Put(key, entries);
                return this;
            }

            AddressTable copy = new(KeyLength, entries < capacity ? capacity : checked(capacity * 2));
            for (int index = 0; index < entries; index++)
            {
                copy.Put(Key(index), index);
            }

            copy.Put(key, entries);
            return copy;
        }
    }

    private void Put(ReadOnlySpan<byte> key, int index)
    {
        key.CopyTo(_keys.AsSpan(index * KeyLength, KeyLength));
        ulong hash = Hash(key);
        int at = (int)hash & _mask;
        while (_tags[at] != 0)
        {
            at = (at + 1) & _mask;
        }

        _slots[at] = index;
        // Readers on other threads see the tag last, when key and slot are there.
        Volatile.Write(ref _tags[at], TagOf(hash));
        _entries = index + 1;
    }

    private ReadOnlySpan<byte> Key(int index) => _keys.AsSpan(index * KeyLength, KeyLength);

    private static byte TagOf(ulong hash) => (byte)((hash >> 56) | 1);

    /// <summary>Keys are hashes already on most chains, but not on all, so their ends are mixed.</summary>
    private static ulong Hash(ReadOnlySpan<byte> key)
    {
        ulong first, last;
        if (key.Length >= sizeof(ulong))
        {
            first = BinaryPrimitives.ReadUInt64LittleEndian(key);
            last = BinaryPrimitives.ReadUInt64LittleEndian(key[^sizeof(ulong)..]);
        }
        else
        {
            first = 0;
            foreach (byte b in key)
            {
                first = (first << 8) | b;
            }

            last = 0;
        }

        ulong hash = (first * 0x9E3779B97F4A7C15) ^ ((last + 0xC2B2AE3D27D4EB4F) * 0xD6E8FEB86659FD93);
        hash ^= hash >> 32;
        hash *= 0xD6E8FEB86659FD93;
        return hash ^ (hash >> 29);
    }
}
