namespace ChainWatch.Cardano;

/// <summary>CRC-32 (IEEE 802.3), with which Byron addresses are checked. The framework's own comes only as another package.</summary>
internal static class Crc32
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint state = uint.MaxValue;
        foreach (byte one in bytes)
        {
            state ^= one;
            for (int bit = 0; bit < 8; bit++)
            {
                state = (state & 1) == 0 ? state >> 1 : (state >> 1) ^ 0xEDB88320;
            }
        }

        return ~state;
    }
}
