using System.Globalization;

namespace ChainWatch;

/// <summary>Sizes as people write them: 80GB, 500 MB, 1048576. Units are powers of 1,000, as on the label of a disk.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, long Bytes)[] s_units = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("B", 1)];

    public static bool TryParse(string text, out long bytes)
    {
        string number = text.Trim();
        long unit = 1;
        foreach ((string name, long size) in s_units)
        {
            if (number.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                number = number[..^name.Length].TrimEnd();
                unit = size;
                break;
            }
        }

        bytes = 0;
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) || value > long.MaxValue / unit)
        {
            return false;
        }

        bytes = (long)(value * unit);
        return true;
    }

    /// <summary>The size in its largest unit, with one digit after the point.</summary>
    public static string Format(long bytes)
    {
        (string name, long size) = s_units.FirstOrDefault(one => bytes >= one.Bytes, s_units[^1]);
        return string.Create(CultureInfo.InvariantCulture, $"{(decimal)bytes / size:0.#} {name}");
    }
}
