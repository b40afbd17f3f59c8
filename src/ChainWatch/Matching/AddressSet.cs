using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>
/// An immutable snapshot of watched addresses: fixed-size binary keys of any chain, made for ten million and more. Taking additions in gives a new snapshot that
/// shares the table of the old one, so it costs what the additions cost; old snapshots stay as they were, on any thread.
/// </summary>
public sealed class AddressSet
{
    /// <summary>Room is made for at most so many pages of a watchlist as large as the one at hand.</summary>
    private const int MostPagesExpected = 20;

    /// <summary>Or for so many times as many addresses as there are already: what is made room for in vain stays in proportion to them.</summary>
    private const int MostTimesExpected = 3;

    /// <summary>For so many changes the memory that they need is asked for at once.</summary>
    private const int AtOnce = 32;

    private readonly AddressTable _table;
    private readonly int _entries;
    private readonly ImmutableHashSet<int> _removed;

    private AddressSet(AddressTable table, int entries, ImmutableHashSet<int> removed, long sequence)
    {
        _table = table;
        _entries = entries;
        _removed = removed;
        Sequence = sequence;
    }

    /// <summary>The number of bytes in each key.</summary>
    public int KeyLength => _table.KeyLength;

    /// <summary>How many addresses are in this snapshot.</summary>
    public int Count => _entries - _removed.Count;

    /// <summary>The watchlist's sequence that this snapshot holds everything up to.</summary>
    public long Sequence { get; }

    /// <summary>True while this thread adds to the table that this snapshot shares with others.</summary>
    internal bool IsAppending => _table.Appending.IsHeldByCurrentThread;

    /// <summary>How many bytes of memory the addresses take.</summary>
    internal long Size => _table.Size;

    /// <summary>The addresses of this snapshot. Meant for small sets, like those that fit into a request; a large one takes long to go through.</summary>
    public IEnumerable<AddressKey> Keys
    {
        get
        {
            foreach ((AddressKey key, int number) in _table.Keys(_entries))
            {
                if (_removed.IsEmpty || !_removed.Contains(number))
                {
                    yield return key;
                }
            }
        }
    }

    /// <summary>Creates an empty set.</summary>
    /// <param name="keyLength">The number of bytes in each key: <see cref="ChainFormat.AddressKeyLength"/>.</param>
    /// <param name="capacity">How many addresses to make room for at once; it grows by itself.</param>
    public static AddressSet Create(int keyLength, int capacity = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keyLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keyLength, AddressKey.MaxLength);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        return new AddressSet(new AddressTable(keyLength, capacity), 0, [], 0);
    }

    /// <summary>True when the address with these key bytes is in this snapshot. Allocates nothing. Bytes of another length are in no set.</summary>
    public bool Contains(ReadOnlySpan<byte> key)
    {
        // Nearly all lookups end here, without a call: while one waits for memory, the processor is at the next ones already, as many as their instructions let it.
        if (key.Length == KeyLength && _table.TryFind(key, _entries, out bool found) && (!found || _removed.IsEmpty))
        {
            return found;
        }

        return Search(key);
    }

    /// <summary>A snapshot with these addresses added; this one stays as it is, and is the answer where it holds them all.</summary>
    public AddressSet Add(IEnumerable<AddressKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        Change change = new(this, keys.TryGetNonEnumeratedCount(out int count) ? count : 0);
        lock (_table.Appending)
        {
            foreach (AddressKey key in keys)
            {
                change.Add(key, AddressTable.Hash(key.Bytes));
            }
        }

        return change.ToSnapshot(Sequence);
    }

    /// <summary>A snapshot with a page of a watchlist's changes taken in, and its sequence; this one stays as it is.</summary>
    public AddressSet Apply(WatchChanges changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        IReadOnlyList<WatchChange> list = changes.Changes;
        Change change = new(this, ExpectedOf(changes));
        Span<WatchChange> some = stackalloc WatchChange[Math.Min(AtOnce, list.Count)];
        Span<ulong> hashes = stackalloc ulong[some.Length];
        lock (_table.Appending)
        {
            change.MakeRoom(list.Count);
            for (int from = 0; from < list.Count; from += some.Length)
            {
                some = some[..Math.Min(some.Length, list.Count - from)];
                for (int index = 0; index < some.Length; index++)
                {
                    some[index] = list[from + index];
                    hashes[index] = AddressTable.Hash(some[index].Key.Bytes);
                }

                change.Take(some, hashes[..some.Length]);
            }
        }

        return change.ToSnapshot(changes.Sequence);
    }

    // Numbers have gaps: of those that follow, as many are addresses as of these. That need not be so, and what is made room for in vain must stay little beside what is there.
    private int ExpectedOf(WatchChanges changes)
    {
        int count = changes.Changes.Count;
        double rest = changes.More ? Math.Max(0.0, changes.Newest - changes.Sequence) * count / Math.Max(1, changes.Sequence - Sequence) : 0;
        return (int)Math.Min(count + rest, Math.Min(int.MaxValue / 2, Math.Max(MostPagesExpected * (double)count, MostTimesExpected * (double)_entries)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Search(ReadOnlySpan<byte> key) => key.Length == KeyLength && IndexOf(_table, _entries, _removed, key, AddressTable.Hash(key)) >= 0;

    private static int IndexOf(AddressTable table, int entries, ImmutableHashSet<int> removed, ReadOnlySpan<byte> key, ulong hash)
    {
        int number = table.Find(key, hash, entries, after: -1);
        // A key that was removed and added again has a second, later entry.
        while (number >= 0 && !removed.IsEmpty && removed.Contains(number))
        {
            number = table.Find(key, hash, entries, after: number);
        }

        return number;
    }

    private struct Change
    {
        private AddressTable _table;
        private int _entries;
        private int _expected;
        private ImmutableHashSet<int> _removed;
        private readonly AddressSet _from;

        public Change(AddressSet from, int expected)
        {
            _from = from;
            _expected = expected;
            // An empty table has nothing to be kept: one of the right size at once need never grow.
            _table = from._entries == 0 && expected > from._table.Capacity ? new AddressTable(from.KeyLength, expected) : from._table;
            _entries = from._entries;
            _removed = from._removed;
        }

        /// <summary>
        /// Has room for so many more. Where even more is about to come than there is, that is made for all of it at once: what is there is moved once then, and not each time that a segment is full.
        /// </summary>
        public void MakeRoom(int count)
        {
            if (count > _table.Capacity - _entries && _entries > 0 && _expected > _entries)
            {
                _table = _table.Copy(_entries, _entries + _expected);
            }
        }

        /// <summary>Takes changes in, after all memory that they need was asked for: else the processor would wait for it key by key.</summary>
        public void Take(ReadOnlySpan<WatchChange> changes, ReadOnlySpan<ulong> hashes)
        {
            if (changes.Length > 1)
            {
                _table.Fetch(hashes);
            }

            for (int index = 0; index < changes.Length; index++)
            {
                ref readonly WatchChange one = ref changes[index];
                if (one.Removed)
                {
                    Remove(one.Key, hashes[index]);
                }
                else
                {
                    Add(one.Key, hashes[index]);
                }
            }
        }

        public void Add(in AddressKey key, ulong hash)
        {
            if (key.Length != _table.KeyLength)
            {
                throw new ArgumentException($"The key has {key.Length} bytes; this set holds keys of {_table.KeyLength}.", nameof(key));
            }

            if (IndexOf(_table, _entries, _removed, key.Bytes, hash) >= 0)
            {
                return;
            }

            _expected = Math.Max(0, _expected - 1);
            _table = _table.Append(key.Bytes, hash, _entries, _expected);
            _entries++;
        }

        private void Remove(in AddressKey key, ulong hash)
        {
            int index = IndexOf(_table, _entries, _removed, key.Bytes, hash);
            if (index >= 0)
            {
                _removed = _removed.Add(index);
            }
        }

        /// <summary>What did not change stays the same object: a block that was read for it is known to be at a glance, without a look at every address.</summary>
        public readonly AddressSet ToSnapshot(long sequence) =>
            _entries == _from._entries && ReferenceEquals(_removed, _from._removed) && sequence == _from.Sequence ? _from : new(_table, _entries, _removed, sequence);
    }
}
