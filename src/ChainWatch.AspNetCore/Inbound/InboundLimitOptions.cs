using System.Globalization;

namespace ChainWatch.AspNetCore;

/// <summary>A token bucket: so many requests a second in the long run, and so many at once after a pause.</summary>
public sealed class InboundLimitOptions
{
    /// <summary>The rate.</summary>
    /// <value>Requests per second, above 0 and at most 1,000,000; fractions are allowed.</value>
    public double RequestsPerSecond { get; set; } = 100;

    /// <summary>How many requests may come at once after a pause.</summary>
    /// <value>1 to 1,000,000. <see langword="null"/> (the default) allows twice the rate, and at least 1.</value>
    public int? Burst { get; set; }

    /// <summary>How many requests may come at once after a pause, said or not.</summary>
    internal int Capacity => Burst ?? Math.Max(1, (int)Math.Ceiling(RequestsPerSecond * 2));

    internal void Read(ConfigurationReader reader)
    {
        RequestsPerSecond = reader.ReadNumber(nameof(RequestsPerSecond)) ?? RequestsPerSecond;
        Burst = reader.ReadWhole(nameof(Burst)) ?? Burst;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        if (!(RequestsPerSecond is > 0 and <= 1_000_000))
        {
            errors.Add($"{path}:{nameof(RequestsPerSecond)}", RequestsPerSecond.ToString(CultureInfo.InvariantCulture), "it must be above 0 and at most 1000000");
        }

        if (Burst is < 1 or > 1_000_000)
        {
            errors.Add($"{path}:{nameof(Burst)}", Burst.Value.ToString(CultureInfo.InvariantCulture), "it must be from 1 to 1000000");
        }
    }
}
