namespace ChainWatch.Evm;

/// <summary>
/// The root of the Merkle-Patricia trie of a list, whose keys are the numbers of its items in RLP: what a header names as the root of its transactions, receipts or withdrawals
/// (Ethereum's yellow paper, section 4.3 and appendix D).
/// </summary>
internal sealed class OrderedTrie
{
    private readonly List<(byte[] Nibbles, byte[] Value)> _items = [];
    private readonly RlpWriter _key = new();

    /// <summary>Adds the next item.</summary>
    /// <param name="value">The item as it is hashed: RLP, with its type before it where it has one.</param>
    public void Add(ReadOnlySpan<byte> value)
    {
        _key.Clear();
        _key.WriteNumber(_items.Count);
        byte[] nibbles = new byte[_key.Length * 2];
        for (int index = 0; index < _key.Length; index++)
        {
            nibbles[index * 2] = (byte)(_key.Written[index] >> 4);
            nibbles[(index * 2) + 1] = (byte)(_key.Written[index] & 0xF);
        }

        _items.Add((nibbles, value.ToArray()));
    }

    /// <summary>Computes the root of all items added.</summary>
    public Hash256 Root()
    {
        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        if (_items.Count == 0)
        {
            Keccak256.Hash([0x80], hash);
        }
        else
        {
            (byte[] Nibbles, byte[] Value)[] sorted = [.. _items];
            Array.Sort(sorted, static (left, right) => left.Nibbles.AsSpan().SequenceCompareTo(right.Nibbles));
            Keccak256.Hash(Node(sorted, depth: 0), hash);
        }

        return new Hash256(hash);
    }

    /// <summary>The node of keys that agree up to a depth. No key of a list is the beginning of another, so a branch never has a value of its own.</summary>
    private static byte[] Node(ReadOnlySpan<(byte[] Nibbles, byte[] Value)> items, int depth)
    {
        RlpWriter node = new();
        int list = node.BeginList();
        if (items.Length == 1)
        {
            WritePath(node, items[0].Nibbles.AsSpan(depth), isLeaf: true);
            node.Write(items[0].Value);
        }
        else if (items[0].Nibbles.AsSpan(depth).CommonPrefixLength(items[^1].Nibbles.AsSpan(depth)) is > 0 and int shared)
        {
            // The items are sorted: what the first and the last share, all share.
            WritePath(node, items[0].Nibbles.AsSpan(depth, shared), isLeaf: false);
            WriteReference(node, Node(items, depth + shared));
        }
        else
        {
            for (int nibble = 0, from = 0; nibble < 16; nibble++)
            {
                int to = from;
                while (to < items.Length && items[to].Nibbles[depth] == nibble)
                {
                    to++;
                }

                if (to == from)
                {
                    node.Write([]);
                }
                else
                {
                    WriteReference(node, Node(items[from..to], depth + 1));
                }

                from = to;
            }

            node.Write([]);
        }

        node.EndList(list);
        return node.Written.ToArray();
    }

    /// <summary>Writes nibbles in pairs, with what they are before them.</summary>
    private static void WritePath(RlpWriter node, ReadOnlySpan<byte> nibbles, bool isLeaf)
    {
        int odd = nibbles.Length & 1;
        Span<byte> path = stackalloc byte[(nibbles.Length / 2) + 1];
        path[0] = (byte)(((isLeaf ? 2 : 0) + odd) << 4);
        if (odd == 1)
        {
            path[0] |= nibbles[0];
        }

        for (int index = 1; index < path.Length; index++)
        {
            int at = odd + ((index - 1) * 2);
            path[index] = (byte)((nibbles[at] << 4) | nibbles[at + 1]);
        }

        node.Write(path);
    }

    /// <summary>A node stands in its parent by its hash, or as it is where that is shorter.</summary>
    private static void WriteReference(RlpWriter node, byte[] child)
    {
        if (child.Length < Keccak256.HashLength)
        {
            node.WriteRaw(child);
            return;
        }

        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        Keccak256.Hash(child, hash);
        node.Write(hash);
    }
}
