using System.Buffers.Binary;

namespace ChainWatch.Evm;

/// <summary>The three bits that a contract or a topic sets in a bloom, counted from the bloom's first byte, least significant bit first.</summary>
internal readonly record struct BloomBits(ushort A, ushort B, ushort C)
{
    public static BloomBits Of(ReadOnlySpan<byte> contractOrTopic)
    {
        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        Keccak256.Hash(contractOrTopic, hash);
        return new BloomBits(Bit(hash), Bit(hash[2..]), Bit(hash[4..]));
    }

    /// <param name="firstWord">The first eight bytes of the contract's or topic's hash, little-endian.</param>
    public static BloomBits OfHash(ulong firstWord)
    {
        ulong word = BinaryPrimitives.ReverseEndianness(firstWord);
        return new BloomBits(Bit((ushort)(word >> 48)), Bit((ushort)(word >> 32)), Bit((ushort)(word >> 16)));
    }

    private static ushort Bit(ReadOnlySpan<byte> pair) => Bit(BinaryPrimitives.ReadUInt16BigEndian(pair));

    private static ushort Bit(ushort pair)
    {
        int bit = pair & 0x7FF;
        // The bloom is a big-endian number: bit 0 is the last byte's least significant one.
        return (ushort)(((Bloom.Length - 1 - (bit / 8)) * 8) + (bit % 8));
    }
}
