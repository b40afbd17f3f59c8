using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ChainWatch.Bitcoin;

/// <summary>
/// Double SHA-256 of many short messages, eight side by side, one in each lane of a vector. A block is thousands of messages of a few hundred bytes: one at a time, most of
/// the time goes into calling the system's library. Where the processor has no such vectors, that is what is done.
/// </summary>
internal static class Sha256Lanes
{
    public const int BlockLength = 64;

    /// <summary>The bit that ends a message, and its length.</summary>
    public const int LeastPadding = 1 + sizeof(long);

    private const int Lanes = 8;
    private const int Rounds = 64;
    private const int StateWords = 8;
    private const int BlockWords = 16;

    private static readonly uint[] Constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private static readonly uint[] Initial = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static readonly uint[] PaddingRounds = SpreadPadding();

    /// <summary>True where messages are hashed side by side.</summary>
    public static bool IsAccelerated => Avx2.IsSupported;

    /// <summary>Hashes every message twice.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="hashes">Where the hashes go, in the order of the messages.</param>
    public static void HashAll(MessageList messages, Span<byte> hashes)
    {
        ReadOnlySpan<byte> bytes = messages.Bytes;
        ReadOnlySpan<int> offsets = messages.Offsets;
        int count = messages.Count;
        int[] order = ArrayPool<int>.Shared.Rent(count);
        int[] blocks = ArrayPool<int>.Shared.Rent(count);
        try
        {
            for (int i = 0; i < count; i++)
            {
                order[i] = i;
                blocks[i] = (offsets[i + 1] - offsets[i]) / BlockLength;
            }

            // Messages of the same number of blocks side by side: all lanes are at work until the end.
            blocks.AsSpan(0, count).Sort(order.AsSpan(0, count));
            int at = 0;
            while (IsAccelerated && at + Lanes <= count)
            {
                if (blocks[at] == blocks[at + Lanes - 1])
                {
                    HashLanes(bytes, offsets, order.AsSpan(at, Lanes), blocks[at], hashes);
                    at += Lanes;
                }
                else
                {
                    HashOne(bytes, offsets, order[at++], hashes);
                }
            }

            for (; at < count; at++)
            {
                HashOne(bytes, offsets, order[at], hashes);
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(order);
            ArrayPool<int>.Shared.Return(blocks);
        }
    }

    /// <summary>Joins hashes by twos, in place: the double hash of numbers 2n and 2n + 1 becomes number n.</summary>
    public static void HashPairs(Span<byte> hashes, int pairs)
    {
        int at = 0;
        if (IsAccelerated)
        {
            Span<Vector256<uint>> state = stackalloc Vector256<uint>[StateWords];
            Span<Vector256<uint>> block = stackalloc Vector256<uint>[BlockWords];
            Span<int> starts = stackalloc int[Lanes];
            for (; at + Lanes <= pairs; at += Lanes)
            {
                for (int lane = 0; lane < Lanes; lane++)
                {
                    starts[lane] = (at + lane) * BlockLength;
                }

                Begin(state);
                Load(hashes, starts, block);
                Compress(state, block);
                CompressPadding(state);
                HashAgain(state, block);
                Store(state, hashes[(at * DoubleSha256.Length)..]);
            }
        }

        for (; at < pairs; at++)
        {
            DoubleSha256.Hash(hashes.Slice(at * BlockLength, BlockLength), hashes.Slice(at * DoubleSha256.Length, DoubleSha256.Length));
        }
    }

    private static void HashOne(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> offsets, int index, Span<byte> hashes)
    {
        ReadOnlySpan<byte> padded = bytes[offsets[index]..offsets[index + 1]];
        int length = (int)(BinaryPrimitives.ReadInt64BigEndian(padded[^sizeof(long)..]) / 8);
        DoubleSha256.Hash(padded[..length], hashes.Slice(index * DoubleSha256.Length, DoubleSha256.Length));
    }

    private static void HashLanes(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> offsets, ReadOnlySpan<int> indexes, int blocks, Span<byte> hashes)
    {
        Span<Vector256<uint>> state = stackalloc Vector256<uint>[StateWords];
        Span<Vector256<uint>> block = stackalloc Vector256<uint>[BlockWords];
        Begin(state);
        Span<int> starts = stackalloc int[Lanes];
        for (int lane = 0; lane < Lanes; lane++)
        {
            starts[lane] = offsets[indexes[lane]];
        }

        for (int number = 0; number < blocks; number++)
        {
            Load(bytes, starts, block);
            Compress(state, block);
            for (int lane = 0; lane < Lanes; lane++)
            {
                starts[lane] += BlockLength;
            }
        }

        HashAgain(state, block);
        Span<byte> eight = stackalloc byte[Lanes * DoubleSha256.Length];
        Store(state, eight);
        for (int lane = 0; lane < Lanes; lane++)
        {
            eight.Slice(lane * DoubleSha256.Length, DoubleSha256.Length).CopyTo(hashes[(indexes[lane] * DoubleSha256.Length)..]);
        }
    }

    private static void Begin(Span<Vector256<uint>> state)
    {
        for (int word = 0; word < StateWords; word++)
        {
            state[word] = Vector256.Create(Initial[word]);
        }
    }

    /// <summary>Loads one block a lane: word n of all of them goes into vector n.</summary>
    private static void Load(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> starts, Span<Vector256<uint>> block)
    {
        const int Half = BlockLength / 2;
        for (int half = 0; half < 2; half++)
        {
            int skip = half * Half;
            Transpose(
                Read(bytes.Slice(starts[0] + skip, Half)),
                Read(bytes.Slice(starts[1] + skip, Half)),
                Read(bytes.Slice(starts[2] + skip, Half)),
                Read(bytes.Slice(starts[3] + skip, Half)),
                Read(bytes.Slice(starts[4] + skip, Half)),
                Read(bytes.Slice(starts[5] + skip, Half)),
                Read(bytes.Slice(starts[6] + skip, Half)),
                Read(bytes.Slice(starts[7] + skip, Half)),
                block.Slice(half * Lanes, Lanes));
        }
    }

    /// <summary>Writes the hashes of all lanes, one after another.</summary>
    private static void Store(ReadOnlySpan<Vector256<uint>> state, Span<byte> hashes)
    {
        Span<Vector256<uint>> lanes = stackalloc Vector256<uint>[Lanes];
        Transpose(state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7], lanes);
        for (int lane = 0; lane < Lanes; lane++)
        {
            Swap(lanes[lane].AsByte()).CopyTo(hashes.Slice(lane * DoubleSha256.Length, DoubleSha256.Length));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Read(ReadOnlySpan<byte> eight) => Swap(Vector256.Create(eight)).AsUInt32();

    /// <summary>Turns the bytes of every word round: messages and hashes are written with the highest byte first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Swap(Vector256<byte> words) => Avx2.Shuffle(
        words,
        Vector256.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));

    /// <summary>Makes columns of rows: word n of row m becomes word m of column n.</summary>
    private static void Transpose(
        Vector256<uint> row0, Vector256<uint> row1, Vector256<uint> row2, Vector256<uint> row3, Vector256<uint> row4, Vector256<uint> row5, Vector256<uint> row6, Vector256<uint> row7,
        Span<Vector256<uint>> columns)
    {
        Quarter(row0, row1, row2, row3, out Vector256<uint> a0, out Vector256<uint> a1, out Vector256<uint> a2, out Vector256<uint> a3);
        Quarter(row4, row5, row6, row7, out Vector256<uint> b0, out Vector256<uint> b1, out Vector256<uint> b2, out Vector256<uint> b3);
        columns[7] = Avx2.Permute2x128(a3, b3, 0x31);
        columns[0] = Avx2.Permute2x128(a0, b0, 0x20);
        columns[1] = Avx2.Permute2x128(a1, b1, 0x20);
        columns[2] = Avx2.Permute2x128(a2, b2, 0x20);
        columns[3] = Avx2.Permute2x128(a3, b3, 0x20);
        columns[4] = Avx2.Permute2x128(a0, b0, 0x31);
        columns[5] = Avx2.Permute2x128(a1, b1, 0x31);
        columns[6] = Avx2.Permute2x128(a2, b2, 0x31);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Quarter(
            Vector256<uint> w, Vector256<uint> x, Vector256<uint> y, Vector256<uint> z,
            out Vector256<uint> first, out Vector256<uint> second, out Vector256<uint> third, out Vector256<uint> fourth)
        {
            Vector256<ulong> low1 = Avx2.UnpackLow(w, x).AsUInt64();
            Vector256<ulong> low2 = Avx2.UnpackLow(y, z).AsUInt64();
            Vector256<ulong> high1 = Avx2.UnpackHigh(w, x).AsUInt64();
            Vector256<ulong> high2 = Avx2.UnpackHigh(y, z).AsUInt64();
            first = Avx2.UnpackLow(low1, low2).AsUInt32();
            second = Avx2.UnpackHigh(low1, low2).AsUInt32();
            third = Avx2.UnpackLow(high1, high2).AsUInt32();
            fourth = Avx2.UnpackHigh(high1, high2).AsUInt32();
        }
    }

    /// <summary>Hashes the hashes.</summary>
    private static void HashAgain(Span<Vector256<uint>> state, Span<Vector256<uint>> block)
    {
        state.CopyTo(block);
        block[StateWords..].Clear();
        block[StateWords] = Vector256.Create(0x80000000);
        block[^1] = Vector256.Create((uint)DoubleSha256.Length * 8);
        Begin(state);
        Compress(state, block);
    }

    private static void Compress(Span<Vector256<uint>> state, Span<Vector256<uint>> block)
    {
        ref Vector256<uint> w = ref MemoryMarshal.GetReference(block);
        ref uint k = ref MemoryMarshal.GetArrayDataReference(Constants);
        Vector256<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        for (int round = 0; round < Rounds; round += BlockWords)
        {
            if (round > 0)
            {
                for (int word = 0; word < BlockWords; word++)
                {
                    Unsafe.Add(ref w, word) += Spread(Unsafe.Add(ref w, (word + 1) & 15), Unsafe.Add(ref w, (word + 9) & 15), Unsafe.Add(ref w, (word + 14) & 15));
                }
            }

            for (int word = 0; word < BlockWords; word += 8)
            {
                int at = round + word;
                Round(a, b, c, ref d, e, f, g, ref h, Unsafe.Add(ref w, word) + Vector256.Create(Unsafe.Add(ref k, at)));
                Round(h, a, b, ref c, d, e, f, ref g, Unsafe.Add(ref w, word + 1) + Vector256.Create(Unsafe.Add(ref k, at + 1)));
                Round(g, h, a, ref b, c, d, e, ref f, Unsafe.Add(ref w, word + 2) + Vector256.Create(Unsafe.Add(ref k, at + 2)));
                Round(f, g, h, ref a, b, c, d, ref e, Unsafe.Add(ref w, word + 3) + Vector256.Create(Unsafe.Add(ref k, at + 3)));
                Round(e, f, g, ref h, a, b, c, ref d, Unsafe.Add(ref w, word + 4) + Vector256.Create(Unsafe.Add(ref k, at + 4)));
                Round(d, e, f, ref g, h, a, b, ref c, Unsafe.Add(ref w, word + 5) + Vector256.Create(Unsafe.Add(ref k, at + 5)));
                Round(c, d, e, ref f, g, h, a, ref b, Unsafe.Add(ref w, word + 6) + Vector256.Create(Unsafe.Add(ref k, at + 6)));
                Round(b, c, d, ref e, f, g, h, ref a, Unsafe.Add(ref w, word + 7) + Vector256.Create(Unsafe.Add(ref k, at + 7)));
            }
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    /// <summary>Takes in the second block of a message of 64 bytes, which is padding and always the same: what its words become in each round is known before.</summary>
    private static void CompressPadding(Span<Vector256<uint>> state)
    {
        ref uint k = ref MemoryMarshal.GetArrayDataReference(PaddingRounds);
        Vector256<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        for (int at = 0; at < Rounds; at += 8)
        {
            Round(a, b, c, ref d, e, f, g, ref h, Vector256.Create(Unsafe.Add(ref k, at)));
            Round(h, a, b, ref c, d, e, f, ref g, Vector256.Create(Unsafe.Add(ref k, at + 1)));
            Round(g, h, a, ref b, c, d, e, ref f, Vector256.Create(Unsafe.Add(ref k, at + 2)));
            Round(f, g, h, ref a, b, c, d, ref e, Vector256.Create(Unsafe.Add(ref k, at + 3)));
            Round(e, f, g, ref h, a, b, c, ref d, Vector256.Create(Unsafe.Add(ref k, at + 4)));
            Round(d, e, f, ref g, h, a, b, ref c, Vector256.Create(Unsafe.Add(ref k, at + 5)));
            Round(c, d, e, ref f, g, h, a, ref b, Vector256.Create(Unsafe.Add(ref k, at + 6)));
            Round(b, c, d, ref e, f, g, h, ref a, Vector256.Create(Unsafe.Add(ref k, at + 7)));
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    private static uint[] SpreadPadding()
    {
        uint[] words = new uint[Rounds];
        words[0] = 0x80000000;
        words[15] = BlockLength * 8;
        for (int at = BlockWords; at < Rounds; at++)
        {
            words[at] = words[at - 16] + SpreadOne(words[at - 15], words[at - 7], words[at - 2]);
        }

        return [.. words.Zip(Constants, static (word, constant) => word + constant)];

        static uint SpreadOne(uint w15, uint w7, uint w2) =>
            (uint.RotateRight(w15, 7) ^ uint.RotateRight(w15, 18) ^ (w15 >> 3)) + w7 + (uint.RotateRight(w2, 17) ^ uint.RotateRight(w2, 19) ^ (w2 >> 10));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Spread(Vector256<uint> w15, Vector256<uint> w7, Vector256<uint> w2) =>
        (RotateRight(w15, 7) ^ RotateRight(w15, 18) ^ (w15 >>> 3)) + w7 + (RotateRight(w2, 17) ^ RotateRight(w2, 19) ^ (w2 >>> 10));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, ref Vector256<uint> d, Vector256<uint> e, Vector256<uint> f, Vector256<uint> g, ref Vector256<uint> h, Vector256<uint> word)
    {
        Vector256<uint> first = h + word + (RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25)) + (g ^ (e & (f ^ g)));
        Vector256<uint> second = (RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22)) + ((a & b) | (c & (a | b)));
        d += first;
        h = first + second;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RotateRight(Vector256<uint> value, [ConstantExpected] byte count) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, count) : (value >>> count) | (value << (32 - count));
}
