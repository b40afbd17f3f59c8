using System.Globalization;

namespace ChainWatch;

/// <summary>How long balances that were read for the host are given out again: see <see cref="ChainBalances"/>.</summary>
public sealed class BalanceOptions
{
    /// <summary>How long a balance is given out again without asking the chain.</summary>
    /// <value>Nothing (each question asks the chain, but for those that are asked at the same time) to 10 minutes. The default is 30 seconds.</value>
    public TimeSpan Expiry { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many addresses are kept at most; the oldest goes first.</summary>
    /// <value>1 to 1,000,000. The default is 10,000.</value>
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>How long one question to the chain may take, whoever waits for it.</summary>
    /// <value>100 milliseconds to 5 minutes. The default is 15 seconds.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    internal void Read(ConfigurationReader reader)
    {
        Expiry = reader.ReadDuration(nameof(Expiry)) ?? Expiry;
        MaxEntries = (int)Math.Clamp(reader.ReadWhole(nameof(MaxEntries)) ?? MaxEntries, int.MinValue, int.MaxValue);
        Timeout = reader.ReadDuration(nameof(Timeout)) ?? Timeout;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        ChainWatchOptions.CheckRange(Expiry, TimeSpan.Zero, TimeSpan.FromMinutes(10), $"{path}:{nameof(Expiry)}", errors);
        ChainWatchOptions.CheckRange(Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5), $"{path}:{nameof(Timeout)}", errors);
        if (MaxEntries is < 1 or > 1_000_000)
        {
            errors.Add($"{path}:{nameof(MaxEntries)}", MaxEntries.ToString(CultureInfo.InvariantCulture), "it must be from 1 to 1000000");
        }
    }
}
