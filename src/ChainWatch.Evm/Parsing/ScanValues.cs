using System.Runtime.CompilerServices;

namespace ChainWatch.Evm;

/// <summary>The values of the protocol as a <see cref="JsonScanner"/> stands before them. Where one is not written in the usual way the scanner gives up, and the answer is read with care.</summary>
internal static class ScanValues
{
    /// <summary>Notes that a property was met; false, and the scanner gives up, where it was met before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFirst(ref this JsonScanner json, int field, ref uint met)
    {
        uint bit = 1u << field;
        if ((met & bit) != 0)
        {
            json.Fail();
            return false;
        }

        met |= bit;
        return true;
    }

    /// <summary>Reads a hash; false where it is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ReadHash(ref this JsonScanner json, out Hash256 hash)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Length];
        if (json.TryReadHex(bytes))
        {
            hash = new Hash256(bytes);
            return true;
        }

        hash = default;
        if (!json.TryNull())
        {
            json.Fail();
        }

        return false;
    }

    /// <summary>Reads an address; false where it is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ReadAddress(ref this JsonScanner json, out EvmAddress address)
    {
        address = default;
        if (json.TryReadHex(address))
        {
            return true;
        }

        address = default;
        if (!json.TryNull())
        {
            json.Fail();
        }

        return false;
    }

    /// <summary>Reads a number; false where it is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ReadNumber(ref this JsonScanner json, out long value)
    {
        if (json.TryReadHexNumber(out ulong small) && small <= long.MaxValue)
        {
            value = (long)small;
            return true;
        }

        value = 0;

        if (json.TryNull())
        {
            return false;
        }

        if (!HexText.TryReadNumber(json.ReadText(), out value))
        {
            json.Fail();
            return false;
        }

        return true;
    }

    /// <summary>Reads a quantity; zero where it is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadQuantity(ref this JsonScanner json, out UInt256 value)
    {
        value = default;
        if (json.TryReadHexNumber(out ulong small))
        {
            value = new UInt256(UInt128.Zero, small);
        }
        else if (!json.TryNull() && !HexText.TryReadQuantity(json.ReadText(), out value))
        {
            json.Fail();
        }
    }
}
