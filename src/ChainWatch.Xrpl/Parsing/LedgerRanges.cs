using System.Globalization;

namespace ChainWatch.Xrpl;

/// <summary>Which ledgers a server holds, from a text like <c>32570-6595042,6595050-6595052</c>; <c>empty</c> for none.</summary>
internal sealed class LedgerRanges
{
    private readonly (long From, long To)[] _ranges;

    private LedgerRanges((long From, long To)[] ranges, string text)
    {
        _ranges = ranges;
        Text = text;
    }

    public string Text { get; }

    public long Last => _ranges.Length == 0 ? -1 : _ranges.Max(static range => range.To);

    public static LedgerRanges? Parse(string? text)
    {
        if (text is null || text.Length > 4096)
        {
            return null;
        }

        List<(long From, long To)> ranges = [];
        if (string.Equals(text, "empty", StringComparison.Ordinal) || text.Length == 0)
        {
            return new LedgerRanges([], "none");
        }

        foreach (string part in text.Split(','))
        {
            int dash = part.IndexOf('-', StringComparison.Ordinal);
            string from = dash < 0 ? part : part[..dash];
            string to = dash < 0 ? part : part[(dash + 1)..];
            if (!long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out long first) ||
                !long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out long last) ||
                last < first)
            {
                return null;
            }

            ranges.Add((first, last));
        }

        return new LedgerRanges([.. ranges], text);
    }

    /// <summary>How far the range that holds a ledger goes; -1 where none holds it.</summary>
    public long HeldUpTo(long index)
    {
        foreach ((long from, long to) in _ranges)
        {
            if (index >= from && index <= to)
            {
                return to;
            }
        }

        return -1;
    }
}
