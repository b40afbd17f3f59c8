using System.Globalization;

namespace ChainWatch;

/// <summary>When an instance calls itself ready.</summary>
public sealed class ReadinessOptions
{
    /// <summary>How many blocks a chain's cursor may be behind its head.</summary>
    /// <value>Blocks, from 0 up. The default is 100.</value>
    public long MaxLagBlocks { get; set; } = 100;

    /// <summary>The part of the chains that must be ready.</summary>
    /// <value>From 0 to 1. The default is 0.8.</value>
    public double MinHealthyChainsRatio { get; set; } = 0.8;

    /// <summary>
    /// How long the host goes on answering requests, as not ready, once it was told to stop, so that load balancers turn away before it is gone. Leadership is handed over at once,
    /// whatever it is. It counts towards the host's shutdown timeout.
    /// </summary>
    /// <value>Nothing to 5 minutes. The default is nothing.</value>
    public TimeSpan DrainDelay { get; set; }

    internal void Read(ConfigurationReader reader)
    {
        MaxLagBlocks = reader.ReadWhole(nameof(MaxLagBlocks)) ?? MaxLagBlocks;
        MinHealthyChainsRatio = reader.ReadNumber(nameof(MinHealthyChainsRatio)) ?? MinHealthyChainsRatio;
        DrainDelay = reader.ReadDuration(nameof(DrainDelay)) ?? DrainDelay;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        if (MaxLagBlocks < 0)
        {
            errors.Add($"{path}:{nameof(MaxLagBlocks)}", MaxLagBlocks.ToString(CultureInfo.InvariantCulture), "it must be 0 or more");
        }

        if (MinHealthyChainsRatio is not (>= 0 and <= 1))
        {
            errors.Add($"{path}:{nameof(MinHealthyChainsRatio)}", MinHealthyChainsRatio.ToString(CultureInfo.InvariantCulture), "it must be from 0 to 1");
        }

        ChainWatchOptions.CheckRange(DrainDelay, TimeSpan.Zero, TimeSpan.FromMinutes(5), $"{path}:{nameof(DrainDelay)}", errors);
    }
}
