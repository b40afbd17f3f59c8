using System.Numerics;

namespace ChainWatch.Evm;

/// <summary>The key of an item of a list in its trie: its number in RLP, taken as nibbles, the first in the word's highest bits, so that keys are in the order of their words. That is five bytes at most.</summary>
internal readonly record struct TrieKey(ulong Word, int Length)
{
    private const int BitsOfNibble = 4;
    private const int BitsOfWord = sizeof(ulong) * 8;

    public static TrieKey Of(ReadOnlySpan<byte> rlp)
    {
        ulong word = 0;
        foreach (byte one in rlp)
        {
            word = (word << 8) | one;
        }

        return new TrieKey(word << (BitsOfWord - (rlp.Length * 8)), rlp.Length * 2);
    }

    public byte Nibble(int index) => (byte)((Word >> (BitsOfWord - BitsOfNibble - (index * BitsOfNibble))) & 0xF);

    /// <summary>How many nibbles this key and another one begin with alike. No key of a list is the beginning of another, so they differ before the shorter ends.</summary>
    public int SharedWith(TrieKey other) => BitOperations.LeadingZeroCount(Word ^ other.Word) / BitsOfNibble;
}
