namespace ChainWatch;

/// <summary>Finds where two stores differ, by comparing digests of ever smaller ranges: a difference among a million blocks is found in five steps.</summary>
public static class DigestComparison
{
    /// <summary>Into how many parts a range that differs is divided.</summary>
    public const int Parts = 16;

    /// <summary>Finds the blocks whose payments differ, ascending.</summary>
    /// <param name="left">One store.</param>
    /// <param name="right">The other.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="fromHeight">The first height.</param>
    /// <param name="toHeight">The last height.</param>
    /// <param name="limit">How many blocks to name at most.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <returns>The heights that differ, with both digests; empty when the two are equal.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty, or the limit is not above 0.</exception>
    public static async ValueTask<IReadOnlyList<DigestDifference>> FindAsync(
        IWatchStore left, IWatchStore right, Chain chain, long fromHeight, long toHeight, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentOutOfRangeException.ThrowIfLessThan(toHeight, fromHeight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        List<DigestDifference> differences = [];
        Stack<(long From, long To)> open = new([(fromHeight, toHeight)]);
        bool whole = true;
        while (differences.Count < limit && open.TryPop(out (long From, long To) range))
        {
            // The whole is asked for at once; most comparisons end there.
            int parts = whole ? 1 : Parts;
            whole = false;
            IReadOnlyList<DigestRange> ours = await left.ReadDigestsAsync(chain, range.From, range.To, parts, cancellationToken);
            IReadOnlyList<DigestRange> theirs = await right.ReadDigestsAsync(chain, range.From, range.To, parts, cancellationToken);
            for (int index = ours.Count - 1; index >= 0; index--)
            {
                if (ours[index] == theirs[index])
                {
                    continue;
                }

                if (ours[index].FromHeight < ours[index].ToHeight)
                {
                    open.Push((ours[index].FromHeight, ours[index].ToHeight));
                }
                else
                {
                    differences.Add(new DigestDifference(ours[index].FromHeight, ours[index].Digest, theirs[index].Digest));
                }
            }
        }

        return [.. differences.OrderBy(static one => one.Height).Take(limit)];
    }

    /// <summary>For stores: how a range is divided, so that every store divides it alike. The last part may be shorter than the others.</summary>
    /// <returns>The height of each part.</returns>
    public static long WidthOf(long fromHeight, long toHeight, int parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(toHeight, fromHeight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parts);
        return (toHeight - fromHeight) / parts + 1;
    }

    /// <summary>For stores: the parts of a range with these digests, by the number of the part.</summary>
    /// <param name="fromHeight">The first height.</param>
    /// <param name="toHeight">The last height.</param>
    /// <param name="parts">Into how many parts at most.</param>
    /// <param name="digests">The digest of each part that has payments.</param>
    public static IReadOnlyList<DigestRange> Divide(long fromHeight, long toHeight, int parts, IReadOnlyDictionary<long, PaymentDigest> digests)
    {
        ArgumentNullException.ThrowIfNull(digests);
        long width = WidthOf(fromHeight, toHeight, parts);
        List<DigestRange> ranges = [];
        for (long number = 0, from = fromHeight; from <= toHeight; number++, from += width)
        {
            ranges.Add(new DigestRange(from, Math.Min(toHeight, from + width - 1), digests.GetValueOrDefault(number)));
        }

        return ranges;
    }
}
