using System.Buffers;
using System.Text;

namespace ChainWatch.Evm;

/// <summary>
/// Reads what a token's contract returned for <c>decimals()</c> and <c>symbol()</c>. Anybody can write a contract, so nothing in it is believed: not its lengths, not its characters. What makes no sense
/// counts as not said.
/// </summary>
internal static class TokenAnswer
{
    private const int Word = 32;

    /// <summary>A symbol is told in logs and pages: what is longer than any real one is cut.</summary>
    private const int LongestSymbol = 32;

    /// <summary>The bytes that a symbol of that length takes at most, with the two words before it. What a contract returns beyond them is not looked at.</summary>
    private const int MostBytes = (2 * Word) + (LongestSymbol * 4);

    /// <summary>Reads the number of decimals, from 0 to 255, which is what the standard has room for.</summary>
    /// <param name="json">The result, as JSON.</param>
    public static int? ReadDecimals(ReadOnlySpan<byte> json)
    {
        Span<byte> bytes = stackalloc byte[Word];
        if (Decode(json, bytes) < Word || bytes[..(Word - 1)].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        return bytes[Word - 1];
    }

    /// <summary>Reads the symbol: a string as the standard has it, or one word, as tokens older than it have.</summary>
    /// <param name="json">The result, as JSON.</param>
    public static string? ReadSymbol(ReadOnlySpan<byte> json)
    {
        Span<byte> bytes = stackalloc byte[MostBytes];
        bytes = bytes[..Decode(json, bytes)];
        if (bytes.Length == Word)
        {
            return Clean(bytes.TrimEnd((byte)0));
        }

        // The offset of a single string is always one word: another would only lead elsewhere.
        if (bytes.Length < 2 * Word || bytes[..(Word - 1)].ContainsAnyExcept((byte)0) || bytes[Word - 1] != Word)
        {
            return null;
        }

        Span<byte> text = bytes[(2 * Word)..];
        Span<byte> length = bytes.Slice(Word, Word);
        int said = length[..(Word - 2)].ContainsAnyExcept((byte)0) ? int.MaxValue : (length[Word - 2] << 8) | length[Word - 1];
        return Clean(text[..Math.Min(said, text.Length)]);
    }

    /// <summary>Decodes as many bytes of hexadecimal data as there are, and room for. How many.</summary>
    private static int Decode(ReadOnlySpan<byte> json, Span<byte> into)
    {
        ReadOnlySpan<byte> digits = json.Length >= 4 && json[0] == '"' && json[^1] == '"' && json[1] == '0' && (json[2] | 0x20) == 'x' ? json[3..^1] : default;
        digits = digits[..(Math.Min(digits.Length, into.Length * 2) & ~1)];
        return Convert.FromHexString(digits, into, out _, out int written) == OperationStatus.Done ? written : 0;
    }

    private static string? Clean(ReadOnlySpan<byte> utf8)
    {
        StringBuilder text = new();
        while (!utf8.IsEmpty && text.Length < LongestSymbol)
        {
            bool good = Rune.DecodeFromUtf8(utf8, out Rune rune, out int taken) == OperationStatus.Done;
            utf8 = utf8[taken..];

            // What cannot be seen, or turns the text around it, has no place in a log.
            bool shown = good && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.PrivateUse
                or System.Globalization.UnicodeCategory.OtherNotAssigned);
            string one = (shown ? rune : Rune.ReplacementChar).ToString();
            if (text.Length + one.Length <= LongestSymbol)
            {
                text.Append(one);
            }
        }

        string clean = text.ToString().Trim();
        return clean.Length == 0 ? null : clean;
    }
}
