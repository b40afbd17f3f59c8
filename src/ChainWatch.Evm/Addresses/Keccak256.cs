using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ChainWatch.Evm;

/// <summary>Keccak-256, as Ethereum uses it. The framework's SHA3-256 pads differently and gives other hashes.</summary>
internal static class Keccak256
{
    public const int HashLength = 32;

    /// <summary>How many hashes <see cref="HashShort"/> takes at a time.</summary>
    public const int Lanes = 8;

    /// <summary>How many words of each text <see cref="HashShort"/> takes.</summary>
    public const int ShortWords = 5;

    private const int Rate = 136;
    private const int LastWord = (Rate / sizeof(ulong)) - 1;
    private const ulong LastBit = 1UL << 63;

    /// <summary>Hashes a text.</summary>
    /// <param name="data">What to hash.</param>
    /// <param name="hash">Where the 32 bytes go.</param>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        Span<ulong> state = stackalloc ulong[25];
        state.Clear();
        while (data.Length >= Rate)
        {
            Absorb(state, data[..Rate]);
            data = data[Rate..];
        }

        Span<byte> last = stackalloc byte[Rate];
        last.Clear();
        data.CopyTo(last);
        last[data.Length] = 0x01;
        last[Rate - 1] |= 0x80;
        Absorb(state, last);
        for (int lane = 0; lane < HashLength / sizeof(ulong); lane++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(hash[(lane * sizeof(ulong))..], state[lane]);
        }
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (int lane = 0; lane < Rate / sizeof(ulong); lane++)
        {
            state[lane] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(lane * sizeof(ulong))..]);
        }

        KeccakPermutation.Run(MemoryMarshal.Cast<ulong, KeccakLanes1>(state));
    }

    /// <summary>Hashes eight texts of less than forty bytes at a time.</summary>
    /// <param name="texts">Their words, little-endian, each text with a one behind its last byte: the first words of all eight, then the second words, up to the fifth.</param>
    /// <param name="firstWords">Where the first word of each hash goes, little-endian.</param>
    public static void HashShort(ReadOnlySpan<ulong> texts, Span<ulong> firstWords)
    {
        if (KeccakLanes8.IsSupported)
        {
            Span<KeccakLanes8> state = stackalloc KeccakLanes8[25];
            state.Clear();
            for (int word = 0; word < ShortWords; word++)
            {
                state[word] = new KeccakLanes8(Vector512.Create(texts.Slice(word * Lanes, Lanes)));
            }

            state[LastWord] = KeccakLanes8.Fill(LastBit);
            KeccakPermutation.Run(state);
            state[0].Value.CopyTo(firstWords);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Span<KeccakLanes4> state = stackalloc KeccakLanes4[25];
            for (int from = 0; from < Lanes; from += Vector256<ulong>.Count)
            {
                state.Clear();
                for (int word = 0; word < ShortWords; word++)
                {
                    state[word] = new KeccakLanes4(Vector256.Create(texts.Slice((word * Lanes) + from, Vector256<ulong>.Count)));
                }

                state[LastWord] = KeccakLanes4.Fill(LastBit);
                KeccakPermutation.Run(state);
                state[0].Value.CopyTo(firstWords[from..]);
            }
        }
        else
        {
            Span<KeccakLanes1> state = stackalloc KeccakLanes1[25];
            for (int lane = 0; lane < Lanes; lane++)
            {
                state.Clear();
                for (int word = 0; word < ShortWords; word++)
                {
                    state[word] = new KeccakLanes1(texts[(word * Lanes) + lane]);
                }

                state[LastWord] = KeccakLanes1.Fill(LastBit);
                KeccakPermutation.Run(state);
                firstWords[lane] = state[0].Value;
            }
        }
    }
}
