namespace ChainWatch.Evm.Tests;

/// <summary>Breaks answers, or changes what they say, in a few places.</summary>
internal static class Mutator
{
    private static readonly byte[][] Pieces =
    [
        .. ((string[])[
            "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "\"\"", "0", "-", "1.5e3", "01", "\u0001", "\u001f", "\u007f", "\\u0041", "\\u00", "\\x", "é", " ", "\n", "0x", "0X", "\"0x1\"",
            "\"0x\"", "\"0xg\"", "\"hash\":", "\"logs\":[],", "\"removed\":true,", "\"status\":\"0x0\",", "\"to\":null,", "\"value\":\"0xffffffffffffffffffffff\",", "\"topics\":[],", "\"number\":1,", "/**/", "x",
            "\"a\":{\"b\":[1,{\"c\":\"d\"}]},"]).Select(System.Text.Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0x00],
    ];

    public static byte[] Mutate(Random random, byte[] answer)
    {
        List<byte> bytes = [.. answer];
        for (int change = random.Next(3); change >= 0 && bytes.Count > 0; change--)
        {
            int at = random.Next(bytes.Count);
            byte[] piece = Pieces[random.Next(Pieces.Length)];
            switch (random.Next(9))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = piece[0];
                    break;
                case 2:
                    bytes.InsertRange(at, piece);
                    break;
                case 3:
                    bytes.RemoveAt(at);
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(random.Next(80), bytes.Count - at));
                    break;
                case 5:
                    // A part of it once more: names twice, items twice.
                    int length = Math.Min(random.Next(200), bytes.Count - at);
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 6:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 7:
                    // At a place where it may still be JSON.
                    int comma = bytes.IndexOf((byte)',', at);
                    bytes.InsertRange(comma < 0 ? at : comma + 1, piece);
                    break;
                default:
                    // A digit of something becomes another one.
                    int digit = bytes.FindIndex(at, static one => char.IsAsciiHexDigit((char)one));
                    if (digit >= 0)
                    {
                        bytes[digit] = (byte)"0123456789abcdefABCDEF"[random.Next(22)];
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
