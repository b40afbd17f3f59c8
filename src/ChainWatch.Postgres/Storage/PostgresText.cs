using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ChainWatch.Postgres;

/// <summary>
/// Makes any text safe for PostgreSQL, which stores neither U+0000 nor halves of surrogate pairs: U+0000 becomes U+2400 (␀, its visible symbol), a lone
/// surrogate becomes U+FFFD. The same text always gives the same result, and a result stays as it is.
/// </summary>
internal static class PostgresText
{
    /// <summary>The most characters of an error text that are kept.</summary>
    public const int MaxErrorLength = 4000;

    [return: NotNullIfNotNull(nameof(text))]
    public static string? Clean(string? text)
    {
        if (text is null || IsClean(text))
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            char c = text[at];
            if (char.IsHighSurrogate(c) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            {
                clean.Append(c).Append(text[++at]);
            }
            else
            {
                clean.Append(c == '\0' ? '\u2400' : char.IsSurrogate(c) ? '\uFFFD' : c);
            }
        }

        return clean.ToString();
    }

    public static string CleanError(string error) => Clean(error.Length <= MaxErrorLength ? error : error[..MaxErrorLength]);

    private static bool IsClean(string text)
    {
        foreach (char c in text)
        {
            // Pairs are rare enough to take the long way.
            if (c == '\0' || char.IsSurrogate(c))
            {
                return false;
            }
        }

        return true;
    }
}
