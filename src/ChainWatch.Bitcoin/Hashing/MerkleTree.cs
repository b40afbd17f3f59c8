namespace ChainWatch.Bitcoin;

/// <summary>The tree of hashes by which a header commits to its block's transactions.</summary>
internal static class MerkleTree
{
    /// <summary>Computes the root in place: the leaves are overwritten.</summary>
    /// <param name="hashes">The leaves, 32 bytes each, in wire order; there must be room for one more.</param>
    /// <param name="count">How many leaves there are; at least one.</param>
    /// <param name="root">Where the root goes.</param>
    /// <returns>
    /// False where two hashes that are joined are the same: then transactions stand in the list twice, which gives the root of the list without them (CVE-2012-2459).
    /// </returns>
    public static bool TryCompute(Span<byte> hashes, int count, Span<byte> root)
    {
        const int Length = DoubleSha256.Length;
        bool unique = true;
        while (count > 1)
        {
            for (int i = 0; i + 1 < count; i += 2)
            {
                unique &= !hashes.Slice(i * Length, Length).SequenceEqual(hashes.Slice((i + 1) * Length, Length));
            }

            if (count % 2 == 1)
            {
                // The last one of an odd number is joined with itself.
                hashes.Slice((count - 1) * Length, Length).CopyTo(hashes[(count * Length)..]);
                count++;
            }

            count /= 2;
            Sha256Lanes.HashPairs(hashes, count);
        }

        hashes[..Length].CopyTo(root);
        return unique;
    }
}
