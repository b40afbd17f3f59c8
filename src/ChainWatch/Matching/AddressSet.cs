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
    private const int MostPagesExpected = 10;

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
                change.Add(key);
            }
        }

        return change.ToSnapshot(Sequence);
    }

    /// <summary>A snapshot with a page of a watchlist's changes taken in, and its sequence; this one stays as it is.</summary>
    public AddressSet Apply(WatchChanges changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Change change = new(this, ExpectedOf(changes));
        lock (_table.Appending)
        {
            foreach (WatchChange one in changes.Changes)
            {
                if (one.Removed)
                {
                    change.Remove(one.Key);
                }
                else
                {
                    change.Add(one.Key);
                }
            }
        }

        return change.ToSnapshot(changes.Sequence);
    }

    // Numbers have gaps: of those that follow, as many are addresses as of these. That need not be so, and what is made room for in vain must stay little beside what is there.
    private int ExpectedOf(WatchChanges changes)
    {
        int count = changes.Changes.Count;
        double rest = changes.More ? Math.Max(0.0, changes.Newest - changes.Sequence) * count / Math.Max(1, changes.Sequence - Sequence) : 0;
        return (int)Math.Min(count + rest, Math.Min(int.MaxValue, MostPagesExpected * (double)count));
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

        public void Add(in AddressKey key)
        {
            if (key.Length != _table.KeyLength)
            {
                throw new ArgumentException($"The key has {key.Length} bytes; this set holds keys of {_table.KeyLength}.", nameof(key));
            }

            ulong hash = AddressTable.Hash(key.Bytes);
            if (IndexOf(_table, _entries, _removed, key.Bytes, hash) >= 0)
            {
                return;
            }

            _expected = Math.Max(0, _expected - 1);
            _table = _table.Append(key.Bytes, hash, _entries, _expected);
            _entries++;
        }

        public void Remove(in AddressKey key)
        {
            int index = IndexOf(_table, _entries, _removed, key.Bytes, AddressTable.Hash(key.Bytes));
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
