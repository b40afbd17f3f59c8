namespace ChainWatch;

/// <summary>For stores: how ranges of coverage become fewer without a gap: what was read stays told, only who of several endpoints read which block goes.</summary>
public static class CoverageMerge
{
    private const string Separator = ", ";

    /// <summary>Puts neighbouring ranges of a pass together, whatever their endpoints; the names of all of them stand in the range that is left, in alphabetical order.</summary>
    /// <param name="ranges">Ranges of one pass, ascending.</param>
    /// <returns>The ranges that are left, ascending. Where two were no neighbours, they still are none.</returns>
    public static IReadOnlyList<CoverageRange> Merge(IEnumerable<CoverageRange> ranges)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        List<CoverageRange> merged = [];
        foreach (CoverageRange range in ranges)
        {
            if (merged.Count > 0 && merged[^1] is { } last && last.Pass == range.Pass && last.ToHeight + 1 == range.FromHeight)
            {
                merged[^1] = last with { ToHeight = range.ToHeight, Endpoint = Join(last.Endpoint, range.Endpoint) };
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }

    private static string Join(string left, string right) => string.Equals(left, right, StringComparison.Ordinal)
        ? left
        : string.Join(Separator, left.Split(Separator).Concat(right.Split(Separator)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}
