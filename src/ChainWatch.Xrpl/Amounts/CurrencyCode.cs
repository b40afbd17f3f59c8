using System.Buffers;

namespace ChainWatch.Xrpl;

/// <summary>Reads a currency code into its 20 bytes: three characters, or 40 hexadecimal digits.</summary>
internal static class CurrencyCode
{
    public const int Length = 20;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789?!@#$%^&*<>(){}[]|");

    public static bool TryParse(string? text, Span<byte> code)
    {
        code[..Length].Clear();
        if (text is null)
        {
            return false;
        }

        if (text.Length == Length * 2)
        {
            // The form of three characters has one spelling only, which begins with a zero byte.
            return Convert.FromHexString(text, code, out _, out _) == OperationStatus.Done && (code[0] != 0 || IsStandard(code));
        }

        if (text.Length != 3 || string.Equals(text, "XRP", StringComparison.Ordinal) || text.AsSpan().ContainsAnyExcept(Allowed))
        {
            return false;
        }

        for (int index = 0; index < 3; index++)
        {
            code[12 + index] = (byte)text[index];
        }

        return true;
    }

    private static bool IsStandard(ReadOnlySpan<byte> code)
    {
        ReadOnlySpan<byte> letters = code.Slice(12, 3);
        if (letters.SequenceEqual("XRP"u8) || code[..12].ContainsAnyExcept((byte)0) || code[15..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        foreach (byte letter in letters)
        {
            if (!Allowed.Contains((char)letter))
            {
                return false;
            }
        }

        return true;
    }
}
