using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook;

/// <summary>Reads a block's height out of its first transaction, whose script begins with it (BIP-34). It is covered by the block's hash, like all else there.</summary>
internal static class CoinbaseHeight
{
    private const int LongestNumber = 8;

    /// <summary>Reads the height of a block.</summary>
    /// <param name="block">The block, proved.</param>
    /// <param name="extensions">Whether the network has extension blocks.</param>
    /// <returns><see langword="null"/> where it says none.</returns>
    public static long? Read(ReadOnlySpan<byte> block, bool extensions)
    {
        if (System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(block) < 2)
        {
            return null;
        }

        WireReader reader = new(block, RawHeader.Length);
        reader.ReadCount(TransactionParts.Least);
        TransactionParts first = TransactionParts.Read(block, reader.Position, extensions);
        reader = new WireReader(block, first.Body);
        reader.ReadCount(1);
        reader.Skip(Outpoint.WireLength);
        ReadOnlySpan<byte> script = reader.Read(reader.ReadLength());
        if (script.IsEmpty)
        {
            return null;
        }

        // Small numbers are pushed by an opcode of their own (OP_1 to OP_16), others as bytes, the lowest first.
        if (script[0] is >= 0x51 and <= 0x60)
        {
            return script[0] - 0x50;
        }

        int length = script[0];
        if (length is 0 or > LongestNumber || script.Length <= length || script[length] >= 0x80)
        {
            return null;
        }

        long height = 0;
        for (int i = length; i > 0; i--)
        {
            height = (height << 8) | script[i];
        }

        return height;
    }
}
