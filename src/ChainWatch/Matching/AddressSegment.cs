using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ChainWatch;

/// <summary>
/// One part of the table behind an <see cref="AddressSet"/>: all keys whose hashes begin alike. They lie in groups of thirty. Each group has a line of memory with two bytes of each key's hash, which are
/// compared at once, so that nearly every key that is not there ends at this one line; and one who is there is found at it and one entry. Keys are only ever added; one that outgrows its segment is put
/// into a larger one, while readers go on in the old.
/// </summary>
internal sealed class AddressSegment
{
    /// <summary>How full a segment may get, in parts of a thousand. Fuller, too many groups would overflow; emptier it would waste memory.</summary>
    private const int MostPerMille = 930;

    /// <summary>How full a segment is after it grew: as little as thirty bytes an address allow.</summary>
    private const int StartPerMille = 874;

    private const int NumberLength = sizeof(int);

    /// <summary>A line of memory, as processors fetch it.</summary>
    private const int LineLength = 64;

    /// <summary>What of a line is left beside the four bytes that tell which keys had to go on to the next group.</summary>
    private const int MostInGroup = (LineLength - OverflowLength) / sizeof(ushort);

    private const int OverflowLength = sizeof(uint);

    private readonly int _keyLength;
    private readonly nint _stride;
    private readonly nint _inGroup;
    private readonly nint _groups;
    private readonly uint _used;
    private readonly int _most;
    private readonly nint _firstLine;
    private readonly nint _firstEntry;
    private readonly byte[] _lines;
    private readonly byte[] _entries;

    /// <param name="keyLength">The number of bytes in each key.</param>
    /// <param name="capacity">How many keys it is made for.</param>
    /// <param name="depth">How many of the first bits of their hashes all its keys share.</param>
    public AddressSegment(int keyLength, int capacity, int depth)
    {
        _keyLength = keyLength;
        // Numbers are read while others are written: each must lie where the processor reads it at once.
        _stride = (NumberLength + keyLength + NumberLength - 1) / NumberLength * NumberLength;
        int slots = Math.Max(8, (int)((capacity * 1000L / StartPerMille) + 1));
        int inGroup = Math.Min(slots, MostInGroup);
        _inGroup = inGroup;
        _groups = (slots + inGroup - 1) / inGroup;
        Slots = (int)_groups * inGroup;
        // One slot stays free, or a search would not end.
        _most = Math.Min(Slots - 1, (int)(Slots * (long)MostPerMille / 1000));
        _used = (1U << inGroup) - 1;
        // Arrays that stay where they are: lines begin where those of the processor do, and a search needs no look at the heads of the arrays, which are lines of their own.
        _lines = GC.AllocateArray<byte>(((int)_groups + 1) * LineLength, pinned: true);
        _firstLine = (Marshal.UnsafeAddrOfPinnedArrayElement(_lines, 0) + LineLength - 1) & -LineLength;
        _entries = GC.AllocateArray<byte>(Slots * (int)_stride, pinned: true);
        _firstEntry = Marshal.UnsafeAddrOfPinnedArrayElement(_entries, 0);
        Depth = depth;
    }

    public int Count { get; private set; }

    public int Depth { get; }

    /// <summary>How many bytes of memory it holds.</summary>
    public long Size => _entries.LongLength + _lines.LongLength;

    public bool IsFull => Count >= _most;

    public int Slots { get; }

    /// <summary>A slot at which the search for no key passes the end of the one before it: whoever goes around from there meets the keys of each search in its order.</summary>
    public int FirstSlot
    {
        get
        {
            nint group = 0;
            while (Overflow(ref Line(group)) != 0)
            {
                group++;
            }

            return (int)((group + 1) % _groups) * (int)_inGroup;
        }
    }

    /// <summary>True where each group's line is one line of the processor's: a key that is not there then costs one.</summary>
    internal bool IsAligned => (_firstLine & (LineLength - 1)) == 0;

    /// <summary>Whether a key of 16 to 32 bytes was added below a number, as far as the first look tells: false where it must be searched for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(ReadOnlySpan<byte> key, ulong hash, int entries, out bool found)
    {
        nint group = GroupOf(hash);
        ref byte line = ref Line(group);
        uint candidates = Matches(ref line, TagOf(hash));
        bool known;
        if (candidates == 0)
        {
            found = false;
            known = (Overflow(ref line) & OverflowOf(hash)) == 0;
        }
        else
        {
            // Nearly always the first candidate is the key.
            ref byte entry = ref Entry(group, BitOperations.TrailingZeroCount(candidates));
            uint number = (uint)Volatile.Read(ref Unsafe.As<byte, int>(ref entry)) - 1;
            found = known = IsKeyByHalves(ref entry, key) && number < (uint)entries;
        }

        // Its arrays are read without being mentioned: without this they could be gone while a larger segment takes this one's place.
        GC.KeepAlive(this);
        return known;
    }

    /// <summary>
    /// The lowest number above <paramref name="after"/> and below <paramref name="entries"/> under which this key was added; -1 where there is none. Of one key the lower number stands before the higher,
    /// so the first that is met is it.
    /// </summary>
    // What depends on the processor's vectors is compiled by each process itself, and a start would be over before it is compiled well.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Find(ReadOnlySpan<byte> key, ulong hash, int entries, int after)
    {
        for (nint group = GroupOf(hash); ; group = NextGroup(group))
        {
            ref byte line = ref Line(group);
            for (uint candidates = Matches(ref line, TagOf(hash)); candidates != 0; candidates &= candidates - 1)
            {
                ref byte entry = ref Entry(group, BitOperations.TrailingZeroCount(candidates));
                int number = Volatile.Read(ref Unsafe.As<byte, int>(ref entry)) - 1;
                if (number > after && IsKey(ref entry, key))
                {
                    GC.KeepAlive(this);
                    return number < entries ? number : -1;
                }
            }

            if ((Overflow(ref line) & OverflowOf(hash)) == 0)
            {
                GC.KeepAlive(this);
                return -1;
            }
        }
    }

    /// <summary>Has the processor fetch the line of the group where a key belongs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void FetchLine(ulong hash)
    {
        _ = Volatile.Read(ref Line(GroupOf(hash)));
        GC.KeepAlive(this);
    }

    /// <summary>Has the processor fetch the entry that a key is likely to take.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void FetchEntry(ulong hash)
    {
        nint group = GroupOf(hash);
        uint free = Matches(ref Line(group), 0);
        if (free != 0)
        {
            _ = Volatile.Read(ref Entry(group, BitOperations.TrailingZeroCount(free)));
        }

        GC.KeepAlive(this);
    }

    /// <summary>Adds a key; there must be room.</summary>
    // What depends on the processor's vectors is compiled by each process itself, and a start would be over before it is compiled well.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<byte> key, ulong hash, int number)
    {
        nint group = GroupOf(hash);
        uint free = Matches(ref Line(group), 0);
        while (free == 0)
        {
            // Before the key is anywhere: whoever may find it in the next group must not end at this one.
            ref uint overflow = ref Unsafe.As<byte, uint>(ref Unsafe.Add(ref Line(group), LineLength - OverflowLength));
            Volatile.Write(ref overflow, overflow | OverflowOf(hash));
            group = NextGroup(group);
            free = Matches(ref Line(group), 0);
        }

        // Readers on other threads look at all that has its tag; they see the number when the key is there, and the tag last.
        int slot = BitOperations.TrailingZeroCount(free);
        ref byte entry = ref Entry(group, slot);
        key.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref entry, NumberLength), _keyLength));
        Volatile.Write(ref Unsafe.As<byte, int>(ref entry), number + 1);
        Volatile.Write(ref Unsafe.Add(ref Unsafe.As<byte, ushort>(ref Line(group)), slot), TagOf(hash));
        Count++;
    }

    /// <summary>The key and the number in a slot; false where it is free.</summary>
    public bool TryGet(int slot, out ReadOnlySpan<byte> key, out int number)
    {
        ReadOnlySpan<byte> entry = _entries.AsSpan(slot * (int)_stride, (int)_stride);
        key = entry.Slice(NumberLength, _keyLength);
        number = Volatile.Read(ref Unsafe.As<byte, int>(ref Unsafe.AsRef(in entry[0]))) - 1;
        return number >= 0;
    }

    /// <summary>The slots of a group, one bit each, that hold this tag. Zero is the tag of the free ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Matches(ref byte line, ushort tag) =>
        (uint)Vector512.Equals(Vector512.LoadUnsafe(ref Unsafe.As<byte, ushort>(ref line)), Vector512.Create(tag)).ExtractMostSignificantBits() & _used;

    private static bool IsKey(ref byte entry, ReadOnlySpan<byte> key) => key.Length is >= 16 and <= 32
        ? IsKeyByHalves(ref entry, key)
        : MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref entry, NumberLength), key.Length).SequenceEqual(key);

    /// <summary>Two halves, which may overlap, are faster than a loop over a length that the compiler does not know.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsKeyByHalves(ref byte entry, ReadOnlySpan<byte> key)
    {
        ref byte one = ref Unsafe.Add(ref entry, NumberLength);
        ref byte other = ref MemoryMarshal.GetReference(key);
        nint last = (nint)(uint)key.Length - Vector128<byte>.Count;
        return ((Vector128.LoadUnsafe(ref one) ^ Vector128.LoadUnsafe(ref other)) |
            (Vector128.LoadUnsafe(ref Unsafe.Add(ref one, last)) ^ Vector128.LoadUnsafe(ref Unsafe.Add(ref other, last)))) == Vector128<byte>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte Line(nint group) => ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), _firstLine + (group * LineLength));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte Entry(nint group, int slot) => ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), _firstEntry + (((group * _inGroup) + slot) * _stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Overflow(ref byte line) => Volatile.Read(ref Unsafe.As<byte, uint>(ref Unsafe.Add(ref line, LineLength - OverflowLength)));

    private nint NextGroup(nint group) => group + 1 == _groups ? 0 : group + 1;

    // The first 20 bits of a hash choose the segment, the next the group, and these the rest: what chose the one must not decide the other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint GroupOf(ulong hash) => (nint)(((uint)(hash >> (32 - AddressTable.MostDepth)) * (ulong)_groups) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort TagOf(ulong hash) => (ushort)((hash >> 16) | 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint OverflowOf(ulong hash) => 1U << (int)((hash >> 11) & 31);
}
