using System.Buffers;
using System.Runtime.InteropServices;

namespace ChainWatch.Evm;

/// <summary>
/// The root of the Merkle-Patricia trie of a list, whose keys are the numbers of its items in RLP: what a header names as the root of its transactions, receipts or withdrawals
/// (Ethereum's yellow paper, section 4.3 and appendix D).
/// </summary>
internal sealed class OrderedTrie : IDisposable
{
    private readonly List<(TrieKey Key, int From, int Length)> _items = [];
    private readonly RlpWriter _rlp = new();
    private byte[] _values = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _used;

    /// <summary>Adds the next item.</summary>
    /// <param name="value">The item as it is hashed: RLP, with its type before it where it has one.</param>
    public void Add(ReadOnlySpan<byte> value)
    {
        if (_values.Length - _used < value.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_values.Length * 2, _used + value.Length));
            _values.AsSpan(0, _used).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_values);
            _values = larger;
        }

        value.CopyTo(_values.AsSpan(_used));
        _rlp.Clear();
        _rlp.WriteNumber(_items.Count);
        _items.Add((TrieKey.Of(_rlp.Written), _used, value.Length));
        _used += value.Length;
    }

    /// <summary>Computes the root of all items added, after which there can be no more.</summary>
    public Hash256 Root()
    {
        _rlp.Clear();
        if (_items.Count == 0)
        {
            _rlp.Write([]);
        }
        else
        {
            _items.Sort(static (left, right) => left.Key.Word.CompareTo(right.Key.Word));
            WriteNode(CollectionsMarshal.AsSpan(_items), depth: 0);
        }

        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        Keccak256.Hash(_rlp.Written, hash);
        return new Hash256(hash);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_values);
        _values = [];
        _used = 0;
        _items.Clear();
    }

    /// <summary>Writes the node of keys that agree up to a depth. No key of a list is the beginning of another, so a branch never has a value of its own.</summary>
    private void WriteNode(ReadOnlySpan<(TrieKey Key, int From, int Length)> items, int depth)
    {
        int list = _rlp.BeginList();
        TrieKey first = items[0].Key;
        if (items.Length == 1)
        {
            WritePath(first, depth, first.Length, isLeaf: true);
            _rlp.Write(_values.AsSpan(items[0].From, items[0].Length));
        }
        else if (first.SharedWith(items[^1].Key) is var shared && shared > depth)
        {
            // The items are sorted: what the first and the last share, all share.
            WritePath(first, depth, shared, isLeaf: false);
            WriteChild(items, shared);
        }
        else
        {
            for (int nibble = 0, from = 0; nibble < 16; nibble++)
            {
                int to = from;
                while (to < items.Length && items[to].Key.Nibble(depth) == nibble)
                {
                    to++;
                }

                if (to == from)
                {
                    _rlp.Write([]);
                }
                else
                {
                    WriteChild(items[from..to], depth + 1);
                }

                from = to;
            }

            _rlp.Write([]);
        }

        _rlp.EndList(list);
    }

    /// <summary>Writes a node into its parent: by its hash, or as it is where that is shorter.</summary>
    private void WriteChild(ReadOnlySpan<(TrieKey Key, int From, int Length)> items, int depth)
    {
        int begin = _rlp.Length;
        WriteNode(items, depth);
        if (_rlp.Length - begin >= Keccak256.HashLength)
        {
            Span<byte> hash = stackalloc byte[Keccak256.HashLength];
            Keccak256.Hash(_rlp.Written[begin..], hash);
            _rlp.GoBack(begin);
            _rlp.Write(hash);
        }
    }

    /// <summary>Writes some nibbles of a key in pairs, with what they are before them.</summary>
    private void WritePath(TrieKey key, int from, int to, bool isLeaf)
    {
        int odd = (to - from) & 1;
        Span<byte> path = stackalloc byte[((to - from) / 2) + 1];
        path[0] = (byte)(((isLeaf ? 2 : 0) + odd) << 4);
        if (odd == 1)
        {
            path[0] |= key.Nibble(from);
        }

        for (int index = 1; index < path.Length; index++)
        {
            int at = from + odd + ((index - 1) * 2);
            path[index] = (byte)((key.Nibble(at) << 4) | key.Nibble(at + 1));
        }

        _rlp.Write(path);
    }
}
