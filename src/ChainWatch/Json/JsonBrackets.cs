using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ChainWatch;

/// <summary>Finds the end of an object or array by its brackets alone. That what is inside is JSON is not checked.</summary>
internal static class JsonBrackets
{
    /// <summary>Behind the object or array that stands here; <see cref="JsonGrammar.Wrong"/> where it has no end.</summary>
    public static int PassOver(ref byte json, int length, int at)
    {
        // All ones while a string is open across the blocks; one where the last byte before was a backslash that stands for the next byte.
        ulong open = 0;
        ulong escapes = 0;
        int depth = 0;
        Span<byte> last = stackalloc byte[Vector512<byte>.Count];
        for (int block = at; block < length; block += Vector512<byte>.Count)
        {
            Vector512<byte> bytes;
            if (block <= length - Vector512<byte>.Count)
            {
                bytes = Vector512.LoadUnsafe(ref json, (nuint)block);
            }
            else
            {
                last.Clear();
                MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref json, block), length - block).CopyTo(last);
                bytes = Vector512.Create<byte>(last);
            }

            ulong quotes = Vector512.Equals(bytes, Vector512.Create(JsonGrammar.Quote)).ExtractMostSignificantBits();
            ulong backslashes = Vector512.Equals(bytes, Vector512.Create(JsonGrammar.Backslash)).ExtractMostSignificantBits();
            if ((backslashes | escapes) != 0)
            {
                quotes &= ~Escaped(backslashes, ref escapes);
            }

            ulong inString = PrefixXor(quotes) ^ open;
            open = (ulong)((long)inString >> 63);
            // The brackets of either kind differ in one bit.
            Vector512<byte> folded = bytes | Vector512.Create((byte)0x20);
            ulong opening = Vector512.Equals(folded, Vector512.Create((byte)'{')).ExtractMostSignificantBits() & ~inString;
            ulong closing = Vector512.Equals(folded, Vector512.Create((byte)'}')).ExtractMostSignificantBits() & ~inString;
            int closed = BitOperations.PopCount(closing);
            if (closed < depth)
            {
                depth += BitOperations.PopCount(opening) - closed;
                continue;
            }

            for (ulong brackets = opening | closing; brackets != 0; brackets &= brackets - 1)
            {
                ulong lowest = brackets & (0 - brackets);
                depth += (opening & lowest) != 0 ? 1 : -1;
                if (depth == 0)
                {
                    return block + BitOperations.TrailingZeroCount(lowest) + 1;
                }
            }
        }

        return JsonGrammar.Wrong;
    }

    /// <summary>The bytes that a backslash before them takes the meaning from.</summary>
    private static ulong Escaped(ulong backslashes, ref ulong first)
    {
        ulong escaped = first;
        first = 0;
        for (ulong rest = backslashes & ~escaped; rest != 0;)
        {
            int at = BitOperations.TrailingZeroCount(rest);
            rest &= rest - 1;
            if (at == 63)
            {
                first = 1;
            }
            else
            {
                escaped |= 1UL << (at + 1);
                rest &= ~(1UL << (at + 1));
            }
        }

        return escaped;
    }

    /// <summary>Each bit becomes the parity of itself and all bits below: set between the quotes of a string, the first included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits)
    {
        if (Pclmulqdq.IsSupported)
        {
            return Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();
        }

        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        return bits ^ (bits << 32);
    }
}
