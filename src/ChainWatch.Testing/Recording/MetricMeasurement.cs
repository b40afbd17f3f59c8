namespace ChainWatch.Testing;

/// <summary>One measurement that a meter reported.</summary>
public sealed class MetricMeasurement
{
    /// <summary>The instrument's name.</summary>
    public required string Instrument { get; init; }

    /// <summary>What was measured; integers are exact up to 2^53.</summary>
    public required double Reading { get; init; }

    /// <summary>The tags, by name.</summary>
    public required IReadOnlyDictionary<string, object?> Tags { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Instrument} {Reading}";
}
