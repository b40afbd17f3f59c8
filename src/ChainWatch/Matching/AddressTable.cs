using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ChainWatch;

/// <summary>
/// The append-only hash table behind snapshots of an <see cref="AddressSet"/>. Each key has the number under which it was added, so a snapshot is this table and a number of
/// entries, and an entry past that number does not exist for it. The table consists of segments, which grow and divide one by one: an addition never waits for the whole.
/// </summary>
internal sealed class AddressTable
{
    /// <summary>The most keys in a segment: what is moved at once when one grows.</summary>
    private const int MostInSegment = 1 << 16;

    /// <summary>Up to so many keys a segment grows by half.</summary>
    private const int SmallSegment = 4096;

    // Odd numbers with half of their bits set, in no order.
    private const ulong First = 0x9E3779B97F4A7C15;
    private const ulong Second = 0xC2B2AE3D27D4EB4F;
    private const ulong Third = 0xD6E8FEB86659FD93;
    private const ulong Fourth = 0xFF51AFD7ED558CCD;

    /// <summary>The most bits of a hash that choose a segment.</summary>
    internal const int MostDepth = 20;

    // Its length is a power of two: the first bits of a hash are the place of its segment here. A segment that shares fewer bits than that stands at several places.
    private AddressSegment[] _directory;
    private int _entries;

    public AddressTable(int keyLength, int capacity)
    {
        KeyLength = keyLength;
        Capacity = capacity;
        int segments = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (int)((capacity + MostInSegment - 1L) / MostInSegment)));
        int depth = BitOperations.Log2((uint)segments);
        _directory = new AddressSegment[segments];
        for (int index = 0; index < segments; index++)
        {
            // Keys do not spread evenly, but each has room for some more than it is made for.
            _directory[index] = new AddressSegment(keyLength, (capacity / segments) + 1, depth);
        }
    }

    public int KeyLength { get; }

    /// <summary>
    /// Held by whoever appends, from the first key to the last: to take it for each would have the processor wait for all memory that one key needs before it begins with the next.
    /// </summary>
    public Lock Appending { get; } = new();

    /// <summary>How many keys it was made for.</summary>
    public int Capacity { get; }

    /// <summary>How many bytes of memory it holds.</summary>
    public long Size
    {
        get
        {
            AddressSegment[] directory = Volatile.Read(ref _directory);
            long size = directory.LongLength * IntPtr.Size;
            for (int place = 0; place < directory.Length; place += directory.Length >> directory[place].Depth)
            {
                size += directory[place].Size;
            }

            return size;
        }
    }

    /// <summary>Whether a key was added below a number, as far as the first look tells: false where it must be searched for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(ReadOnlySpan<byte> key, int entries, out bool found)
    {
        if (!IsUsual(key.Length))
        {
            found = false;
            return false;
        }

        ulong hash = HashOfUsualLength(key);
        return SegmentOf(Volatile.Read(ref _directory), hash).TryFind(key, hash, entries, out found);
    }

    /// <summary>The lowest number above <paramref name="after"/> and below <paramref name="entries"/> under which this key was added, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key, ulong hash, int entries, int after) => SegmentOf(Volatile.Read(ref _directory), hash).Find(key, hash, entries, after);

    /// <summary>Adds a key behind the first <paramref name="entries"/> entries: here, or, where this table already has others there, in a copy. <see cref="Appending"/> must be held.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="entries">The number of entries before it.</param>
    /// <param name="expected">How many more keys are about to follow; it need not be right.</param>
    public AddressTable Append(ReadOnlySpan<byte> key, ulong hash, int entries, int expected)
    {
        if (entries == _entries)
        {
            Put(key, hash, entries, expected);
            return this;
        }

        AddressTable copy = Copy(entries, checked(entries + 1));
        copy.Put(key, hash, entries, expected);
        return copy;
    }

    /// <summary>A table of its own with the first <paramref name="entries"/> entries of this one. <see cref="Appending"/> must be held.</summary>
    /// <param name="entries">How many entries.</param>
    /// <param name="capacity">For how many keys it is made.</param>
    public AddressTable Copy(int entries, int capacity)
    {
        AddressTable copy = new(KeyLength, capacity);
        foreach ((AddressSegment segment, int slot) in Slots())
        {
            if (segment.TryGet(slot, out ReadOnlySpan<byte> one, out int number) && number < entries)
            {
                copy.Put(one, Hash(one), number, 0);
            }
        }

        copy._entries = entries;
        return copy;
    }

    /// <summary>
    /// Looks at the memory that keys with these hashes need, so that it is at hand when they are added: the processor waits for all of it at once. <see cref="Appending"/> must be held.
    /// </summary>
    // What depends on the processor's vectors is compiled by each process itself, and a start would be over before it is compiled well.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fetch(ReadOnlySpan<ulong> hashes)
    {
        foreach (ulong hash in hashes)
        {
            SegmentOf(_directory, hash).FetchLine(hash);
        }

        foreach (ulong hash in hashes)
        {
            SegmentOf(_directory, hash).FetchEntry(hash);
        }
    }

    /// <summary>The keys of the first <paramref name="entries"/> entries and their numbers, in no order.</summary>
    public IEnumerable<(AddressKey Key, int Number)> Keys(int entries)
    {
        foreach ((AddressSegment segment, int slot) in Slots())
        {
            if (segment.TryGet(slot, out ReadOnlySpan<byte> key, out int number) && number < entries)
            {
                yield return (new AddressKey(key), number);
            }
        }
    }

    private IEnumerable<(AddressSegment Segment, int Slot)> Slots()
    {
        AddressSegment[] directory = Volatile.Read(ref _directory);
        for (int place = 0; place < directory.Length; place += directory.Length >> directory[place].Depth)
        {
            AddressSegment segment = directory[place];
            int first = segment.FirstSlot;
            for (int step = 0; step < segment.Slots; step++)
            {
                yield return (segment, (first + step) % segment.Slots);
            }
        }
    }

    private void Put(ReadOnlySpan<byte> key, ulong hash, int number, int expected)
    {
        AddressSegment segment = SegmentOf(_directory, hash);
        while (segment.IsFull)
        {
            MakeRoom(segment, hash, expected);
            segment = SegmentOf(_directory, hash);
        }

        segment.Add(key, hash, number);
        _entries = Math.Max(_entries, number + 1);
    }

    /// <summary>Puts a segment's keys into a larger one, or, where they are many, into two.</summary>
    private void MakeRoom(AddressSegment full, ulong hash, int expected)
    {
        // Small sets may waste a little; large ones grow by as little as keeps moving cheap, unless more is known to come.
        long capacity = full.Count < SmallSegment ? (full.Count * 3L / 2) + 8 : full.Count + 1;
        double wanted = full.Count * (1 + ((double)expected / Math.Max(1, _entries)));
        capacity = Math.Max(capacity, (long)Math.Min(wanted, MostInSegment));
        if (full.Count < MostInSegment || full.Depth >= MostDepth)
        {
            AddressSegment larger = new(KeyLength, (int)capacity, full.Depth);
            Move(full, larger, larger);
            Replace(full, hash, larger, larger);
            return;
        }

        if (1 << full.Depth == _directory.Length)
        {
            AddressSegment[] doubled = new AddressSegment[_directory.Length * 2];
            for (int place = 0; place < doubled.Length; place++)
            {
                doubled[place] = _directory[place / 2];
            }

            Volatile.Write(ref _directory, doubled);
        }

        int lefts = CountLeft(full);
        // Each is as large as its keys need, since what is left over in both is memory for nothing.
        AddressSegment left = new(KeyLength, (int)(capacity * lefts / full.Count) + 1, full.Depth + 1);
        AddressSegment right = new(KeyLength, (int)(capacity * (full.Count - lefts) / full.Count) + 1, full.Depth + 1);
        Move(full, left, right);
        Replace(full, hash, left, right);
    }

    private static int CountLeft(AddressSegment segment)
    {
        int count = 0;
        for (int slot = 0; slot < segment.Slots; slot++)
        {
            if (segment.TryGet(slot, out ReadOnlySpan<byte> key, out _) && IsLeft(segment, Hash(key)))
            {
                count++;
            }
        }

        return count;
    }

    /// <summary>Whether the first bit that the keys of a segment do not share is zero.</summary>
    private static bool IsLeft(AddressSegment segment, ulong hash) => hash << segment.Depth >> 63 == 0;

    /// <summary>Copies the keys of one segment to two others, or to one, by the first bit that they do not share. What was added twice keeps its order.</summary>
    private static void Move(AddressSegment from, AddressSegment left, AddressSegment right)
    {
        int first = from.FirstSlot;
        for (int step = 0; step < from.Slots; step++)
        {
            if (from.TryGet((first + step) % from.Slots, out ReadOnlySpan<byte> key, out int number))
            {
                ulong hash = Hash(key);
                (IsLeft(from, hash) ? left : right).Add(key, hash, number);
            }
        }
    }

    private void Replace(AddressSegment old, ulong hash, AddressSegment left, AddressSegment right)
    {
        int places = _directory.Length >> old.Depth;
        int first = (int)PlaceOf(_directory, hash) / places * places;
        for (int place = 0; place < places; place++)
        {
            Volatile.Write(ref _directory[first + place], place < (places + 1) / 2 ? left : right);
        }
    }

    // The place is always inside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static AddressSegment SegmentOf(AddressSegment[] directory, ulong hash) => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(directory), PlaceOf(directory, hash));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint PlaceOf(AddressSegment[] directory, ulong hash) => (nint)(hash >> 1 >> BitOperations.LeadingZeroCount((ulong)(uint)directory.Length));

    /// <summary>A key's hash. Keys are hashes already on most chains, but not on all, so all their bytes are mixed; the upper bits are the better ones.</summary>
    internal static ulong Hash(ReadOnlySpan<byte> key) => IsUsual(key.Length) ? HashOfUsualLength(key) : HashOfAnyLength(key);

    /// <summary>The keys of most chains have 20 bytes: three words, of which two overlap.</summary>
    private static bool IsUsual(int length) => length is > 2 * sizeof(ulong) and <= 3 * sizeof(ulong);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HashOfUsualLength(ReadOnlySpan<byte> key)
    {
        ref byte at = ref MemoryMarshal.GetReference(key);
        return Mix(
            (Unsafe.ReadUnaligned<ulong>(ref at) * First) +
            (Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, sizeof(ulong))) * Second) +
            (Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, (nint)(uint)key.Length - sizeof(ulong))) * Third));
    }

    private static ulong HashOfAnyLength(ReadOnlySpan<byte> key)
    {
        ulong hash = First;
        for (; key.Length >= sizeof(ulong); key = key[sizeof(ulong)..])
        {
            hash = Mix(hash + (MemoryMarshal.Read<ulong>(key) * Second));
        }

        foreach (byte one in key)
        {
            hash = Mix(hash + (one * Second));
        }

        return hash;
    }

    // A product's lower bits know nothing of the upper bits of its factors: these are brought down as far as the tags need it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong hash) => (hash ^ (hash >> 48)) * Fourth;
}
