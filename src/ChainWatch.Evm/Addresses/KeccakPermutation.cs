using System.Runtime.CompilerServices;

namespace ChainWatch.Evm;

/// <summary>The permutation of Keccak, written once for one hash and for several at a time.</summary>
internal static class KeccakPermutation
{
    private static ReadOnlySpan<ulong> RoundConstants =>
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
        0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
        0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    /// <summary>Permutes the twenty-five words of a state.</summary>
    /// <remarks>
    /// Compiled with all optimisation at once: no ahead-of-time compiler takes vectors of this size, and without it every step of the first blocks, at the start of a process, is a call.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(Span<T> s)
        where T : struct, IKeccakLanes<T>
    {
        T a00 = s[0], a01 = s[1], a02 = s[2], a03 = s[3], a04 = s[4];
        T a05 = s[5], a06 = s[6], a07 = s[7], a08 = s[8], a09 = s[9];
        T a10 = s[10], a11 = s[11], a12 = s[12], a13 = s[13], a14 = s[14];
        T a15 = s[15], a16 = s[16], a17 = s[17], a18 = s[18], a19 = s[19];
        T a20 = s[20], a21 = s[21], a22 = s[22], a23 = s[23], a24 = s[24];
        foreach (ulong constant in RoundConstants)
        {
            // Theta.
            T c0 = T.Xor(T.Xor(a00, a05, a10), a15, a20);
            T c1 = T.Xor(T.Xor(a01, a06, a11), a16, a21);
            T c2 = T.Xor(T.Xor(a02, a07, a12), a17, a22);
            T c3 = T.Xor(T.Xor(a03, a08, a13), a18, a23);
            T c4 = T.Xor(T.Xor(a04, a09, a14), a19, a24);
            T d0 = T.Xor(c4, T.Rotate(c1, 1));
            T d1 = T.Xor(c0, T.Rotate(c2, 1));
            T d2 = T.Xor(c1, T.Rotate(c3, 1));
            T d3 = T.Xor(c2, T.Rotate(c4, 1));
            T d4 = T.Xor(c3, T.Rotate(c0, 1));

            // Rho, pi and chi, a row at a time: so few words are in use at once that they fit into the registers. Iota in the first.
            T b00 = T.Xor(a00, d0);
            T b01 = T.Rotate(T.Xor(a06, d1), 44);
            T b02 = T.Rotate(T.Xor(a12, d2), 43);
            T b03 = T.Rotate(T.Xor(a18, d3), 21);
            T b04 = T.Rotate(T.Xor(a24, d4), 14);
            T e00 = T.Xor(T.Chi(b00, b01, b02), T.Fill(constant));
            T e01 = T.Chi(b01, b02, b03);
            T e02 = T.Chi(b02, b03, b04);
            T e03 = T.Chi(b03, b04, b00);
            T e04 = T.Chi(b04, b00, b01);

            T b05 = T.Rotate(T.Xor(a03, d3), 28);
            T b06 = T.Rotate(T.Xor(a09, d4), 20);
            T b07 = T.Rotate(T.Xor(a10, d0), 3);
            T b08 = T.Rotate(T.Xor(a16, d1), 45);
            T b09 = T.Rotate(T.Xor(a22, d2), 61);
            T e05 = T.Chi(b05, b06, b07);
            T e06 = T.Chi(b06, b07, b08);
            T e07 = T.Chi(b07, b08, b09);
            T e08 = T.Chi(b08, b09, b05);
            T e09 = T.Chi(b09, b05, b06);

            T b10 = T.Rotate(T.Xor(a01, d1), 1);
            T b11 = T.Rotate(T.Xor(a07, d2), 6);
            T b12 = T.Rotate(T.Xor(a13, d3), 25);
            T b13 = T.Rotate(T.Xor(a19, d4), 8);
            T b14 = T.Rotate(T.Xor(a20, d0), 18);
            T e10 = T.Chi(b10, b11, b12);
            T e11 = T.Chi(b11, b12, b13);
            T e12 = T.Chi(b12, b13, b14);
            T e13 = T.Chi(b13, b14, b10);
            T e14 = T.Chi(b14, b10, b11);

            T b15 = T.Rotate(T.Xor(a04, d4), 27);
            T b16 = T.Rotate(T.Xor(a05, d0), 36);
            T b17 = T.Rotate(T.Xor(a11, d1), 10);
            T b18 = T.Rotate(T.Xor(a17, d2), 15);
            T b19 = T.Rotate(T.Xor(a23, d3), 56);
            T e15 = T.Chi(b15, b16, b17);
            T e16 = T.Chi(b16, b17, b18);
            T e17 = T.Chi(b17, b18, b19);
            T e18 = T.Chi(b18, b19, b15);
            T e19 = T.Chi(b19, b15, b16);

            T b20 = T.Rotate(T.Xor(a02, d2), 62);
            T b21 = T.Rotate(T.Xor(a08, d3), 55);
            T b22 = T.Rotate(T.Xor(a14, d4), 39);
            T b23 = T.Rotate(T.Xor(a15, d0), 41);
            T b24 = T.Rotate(T.Xor(a21, d1), 2);
            T e20 = T.Chi(b20, b21, b22);
            T e21 = T.Chi(b21, b22, b23);
            T e22 = T.Chi(b22, b23, b24);
            T e23 = T.Chi(b23, b24, b20);
            T e24 = T.Chi(b24, b20, b21);

            a00 = e00; a01 = e01; a02 = e02; a03 = e03; a04 = e04;
            a05 = e05; a06 = e06; a07 = e07; a08 = e08; a09 = e09;
            a10 = e10; a11 = e11; a12 = e12; a13 = e13; a14 = e14;
            a15 = e15; a16 = e16; a17 = e17; a18 = e18; a19 = e19;
            a20 = e20; a21 = e21; a22 = e22; a23 = e23; a24 = e24;
        }

        s[0] = a00;
        s[1] = a01;
        s[2] = a02;
        s[3] = a03;
        s[4] = a04;
        s[5] = a05;
        s[6] = a06;
        s[7] = a07;
        s[8] = a08;
        s[9] = a09;
        s[10] = a10;
        s[11] = a11;
        s[12] = a12;
        s[13] = a13;
        s[14] = a14;
        s[15] = a15;
        s[16] = a16;
        s[17] = a17;
        s[18] = a18;
        s[19] = a19;
        s[20] = a20;
        s[21] = a21;
        s[22] = a22;
        s[23] = a23;
        s[24] = a24;
    }
}
