using System.Globalization;
using System.Numerics;
using Microsoft.Extensions.Configuration;

namespace ChainWatch;

/// <summary>
/// What every chain can be configured with, in code and under <c>ChainWatch:Chains:&lt;name&gt;</c>. Each chain family adds its own to it.
/// </summary>
public class ChainOptions
{
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(24);

    /// <summary>The chain family, for hosts that are wired by configuration alone: <c>evm</c>, <c>bitcoin</c>, <c>blockbook</c>, <c>cardano</c> or <c>xrpl</c>.</summary>
    public string? Kind { get; set; }

    /// <summary>The endpoints that serve the chain, at least one.</summary>
    public IList<EndpointOptions> Endpoints { get; } = [];

    /// <summary>Where to begin on the first run.</summary>
    /// <value><c>latest</c> or a height. The default is <c>latest</c>.</value>
    public string StartAt { get; set; } = "latest";

    /// <summary>When a payment counts as confirmed.</summary>
    /// <value>A number of blocks from 1 up, the payment's own counted, or <c>safe</c> or <c>finalized</c>. The default is <c>finalized</c>.</value>
    public string Confirmations { get; set; } = "finalized";

    /// <summary>Exceptions to <see cref="Confirmations"/> by asset and amount, tried in this order.</summary>
    public IList<ConfirmationRuleOptions> ConfirmationRules { get; } = [];

    /// <summary>How deep a block lies under the head when it counts as final, on chains or nodes that have no such mark of their own.</summary>
    /// <value>Blocks, from 1 up. <see langword="null"/> (the default) takes the chain family's own.</value>
    public int? FinalityDepth { get; set; }

    /// <summary>The usual time between two blocks; zero for a chain that makes blocks only on demand, whose silence is none as long as its endpoints answer and agree.</summary>
    /// <value><see langword="null"/> (the default) takes the chain family's own.</value>
    public TimeSpan? BlockTime { get; set; }

    /// <summary>How often the head is asked for while no push announces it.</summary>
    /// <value><see langword="null"/> (the default): a quarter of the block time, between 100 ms and 5 s.</value>
    public TimeSpan? PollInterval { get; set; }

    /// <summary>The silence that makes the chain failing.</summary>
    /// <value><see langword="null"/> (the default): thirty block times, between 30 s and 5 minutes.</value>
    public TimeSpan? EventTimeout { get; set; }

    /// <summary>The most blocks that are asked for at once while catching up. Fewer are where answers are slow, large or cut off: endpoints' limits are learned and kept to.</summary>
    /// <value>1 to 10,000. The default is 200.</value>
    public int BatchSize { get; set; } = 200;

    /// <summary>How many requests for blocks run side by side while catching up.</summary>
    /// <value>1 to 64. The default is 4.</value>
    public int Parallelism { get; set; } = 4;

    /// <summary>About how much memory catching up may hold: the answers that are being read, and the blocks that wait for their commit. At least one request is always allowed.</summary>
    /// <value>Bytes, from 1 MiB up. The default is 64 MiB.</value>
    public int PrefetchBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Whether every final block is read once more, through another endpoint than the first time, so that a payment which one endpoint left out is found through another. It takes two endpoints,
    /// and about doubles the requests for blocks.
    /// </summary>
    /// <value>The default is <see langword="true"/>: it begins as soon as a second endpoint is configured.</value>
    public bool SecondPass { get; set; } = true;

    /// <summary>How long after a block became final it is read again, at least; at most about twice as long after.</summary>
    /// <value>1 second to 24 days. The default is 10 minutes.</value>
    public TimeSpan SecondPassDelay { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How hard the answers of endpoints are checked before they count.</summary>
    /// <value>The default is <see cref="IntegrityLevel.Intrinsic"/>.</value>
    public IntegrityLevel Integrity { get; set; } = IntegrityLevel.Intrinsic;

    /// <summary>
    /// Whether an answer that fails a check beyond those of <see cref="IntegrityLevel.Off"/> is only counted (<c>chainwatch.endpoint.saved</c>) and told in the log, and used all the same: to see
    /// what a level would refuse on a chain before it does.
    /// </summary>
    public bool ObserveOnly { get; set; }

    /// <summary>
    /// How many endpoints, the one included that a block was read through, must hold the same block before its payments are confirmed. It takes that many endpoints, and a request to each of the
    /// others for every commit.
    /// </summary>
    /// <value>1 to the number of endpoints. The default is 1: the endpoint that served a block is enough.</value>
    public int Quorum { get; set; } = 1;

    /// <summary>Addresses to watch from the start, for hosts that are wired by configuration alone.</summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>
    /// Makes the options of a chain: what code says first, then the configuration on top of it, so that who operates the host has the last word. Lists are added to.
    /// </summary>
    /// <typeparam name="TOptions">The chain family's options.</typeparam>
    /// <param name="section">The section <c>ChainWatch:Chains:&lt;name&gt;</c>; it may be empty.</param>
    /// <param name="configure">What the host's code says.</param>
    /// <param name="errors">Where errors go. The options must not be used when there are any.</param>
    public static TOptions Load<TOptions>(IConfigurationSection section, Action<TOptions>? configure, ConfigurationErrors errors)
        where TOptions : ChainOptions, new()
    {
        TOptions options = new();
        configure?.Invoke(options);
        ConfigurationReader reader = new(section, errors);
        options.Read(reader);
        reader.Close();
        options.Validate(reader.Path, errors);
        return options;
    }

    /// <summary>The height of <see cref="StartAt"/>; <see langword="null"/> for <c>latest</c>.</summary>
    public long? GetStartHeight() => long.TryParse(StartAt, NumberStyles.None, CultureInfo.InvariantCulture, out long height) ? height : null;

    /// <summary>Makes the policy of <see cref="Confirmations"/> and <see cref="ConfirmationRules"/>.</summary>
    /// <param name="assets">The chain's assets: rules name them, and their decimals scale the rules' amounts.</param>
    /// <param name="path">The chain's configuration path.</param>
    /// <param name="errors">Where errors go. The policy must not be used when there are any.</param>
    public ConfirmationPolicy CreateConfirmationPolicy(IReadOnlyList<Asset> assets, string path, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(assets);
        ArgumentNullException.ThrowIfNull(errors);
        List<ConfirmationRule> rules = [];
        for (int i = 0; i < ConfirmationRules.Count; i++)
        {
            ConfirmationRuleOptions rule = ConfirmationRules[i];
            string rulePath = string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(ConfirmationRules)}:{i}");
            Confirmation confirmation = ReadConfirmation(rule.Confirmations, $"{rulePath}:{nameof(rule.Confirmations)}", errors);
            Asset? asset = null;
            if (!string.IsNullOrEmpty(rule.Asset))
            {
                asset = assets.FirstOrDefault(a => string.Equals(a.Symbol, rule.Asset, StringComparison.Ordinal));
                if (asset is null)
                {
                    errors.Add($"{rulePath}:{nameof(rule.Asset)}", rule.Asset, $"it must be an asset of this chain, which are {string.Join(", ", assets)}");
                }
            }

            BigInteger? upTo = null;
            if (!string.IsNullOrEmpty(rule.UpTo))
            {
                if (asset is not null && asset.TryParseAmount(rule.UpTo, out BigInteger amount))
                {
                    upTo = amount;
                }
                else if (string.IsNullOrEmpty(rule.Asset))
                {
                    errors.AddMissing($"{rulePath}:{nameof(rule.Asset)}", $"{nameof(rule.UpTo)} is an amount of one asset, so name it");
                }
                else if (asset is not null)
                {
                    errors.Add(
                        $"{rulePath}:{nameof(rule.UpTo)}",
                        rule.UpTo,
                        string.Create(CultureInfo.InvariantCulture, $"it must be an amount of {asset.Symbol} in whole units with at most {asset.Decimals} decimal digits, like 1.5"));
                }
            }

            rules.Add(new ConfirmationRule { Asset = asset?.Symbol, UpTo = upTo, Confirmation = confirmation });
        }

        return new ConfirmationPolicy(ReadConfirmation(Confirmations, $"{path}:{nameof(Confirmations)}", errors), rules);
    }

    /// <summary>Reads the options from the configuration. Families that add options override it, call the base, and read their own.</summary>
    protected virtual void Read(ConfigurationReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Kind = reader.ReadText(nameof(Kind)) ?? Kind;
        foreach (ConfigurationReader item in reader.ReadItems(nameof(Endpoints)))
        {
            EndpointOptions endpoint = new();
            endpoint.Read(item);
            item.Close();
            Endpoints.Add(endpoint);
        }

        StartAt = reader.ReadText(nameof(StartAt)) ?? StartAt;
        Confirmations = reader.ReadText(nameof(Confirmations)) ?? Confirmations;
        foreach (ConfigurationReader item in reader.ReadItems(nameof(ConfirmationRules)))
        {
            ConfirmationRules.Add(new ConfirmationRuleOptions
            {
                Asset = item.ReadText(nameof(ConfirmationRuleOptions.Asset)),
                UpTo = item.ReadText(nameof(ConfirmationRuleOptions.UpTo)),
                Confirmations = item.ReadText(nameof(ConfirmationRuleOptions.Confirmations)),
            });
            item.Close();
        }

        FinalityDepth = reader.ReadWhole(nameof(FinalityDepth)) ?? FinalityDepth;
        BlockTime = reader.ReadDuration(nameof(BlockTime)) ?? BlockTime;
        PollInterval = reader.ReadDuration(nameof(PollInterval)) ?? PollInterval;
        EventTimeout = reader.ReadDuration(nameof(EventTimeout)) ?? EventTimeout;
        BatchSize = reader.ReadWhole(nameof(BatchSize)) ?? BatchSize;
        Parallelism = reader.ReadWhole(nameof(Parallelism)) ?? Parallelism;
        PrefetchBytes = reader.ReadWhole(nameof(PrefetchBytes)) ?? PrefetchBytes;
        if (reader.ReadText(nameof(Integrity)) is { Length: > 0 } level)
        {
            // A number would parse as well, and mean nothing.
            if (!level.AsSpan().ContainsAnyInRange('0', '9') && Enum.TryParse(level, ignoreCase: true, out IntegrityLevel parsed))
            {
                Integrity = parsed;
            }
            else
            {
                reader.Errors.Add(reader.PathOf(nameof(Integrity)), level, "it must be 'off', 'intrinsic' or 'corroborated'");
            }
        }

        ObserveOnly = reader.ReadFlag(nameof(ObserveOnly)) ?? ObserveOnly;
        Quorum = reader.ReadWhole(nameof(Quorum)) ?? Quorum;
        SecondPass = reader.ReadFlag(nameof(SecondPass)) ?? SecondPass;
        SecondPassDelay = reader.ReadDuration(nameof(SecondPassDelay)) ?? SecondPassDelay;
        foreach (string address in reader.ReadTexts(nameof(Addresses)))
        {
            Addresses.Add(address);
        }
    }

    /// <summary>
    /// Checks the options, wherever they come from. Families that add options override it, call the base, and check their own. <see cref="Confirmations"/> and
    /// <see cref="ConfirmationRules"/> are checked by <see cref="CreateConfirmationPolicy"/>, and <see cref="Addresses"/> when the chain's format is known.
    /// </summary>
    /// <param name="path">The chain's configuration path.</param>
    /// <param name="errors">Where errors go.</param>
    protected virtual void Validate(string path, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (Endpoints.Count == 0)
        {
            errors.AddMissing($"{path}:{nameof(Endpoints)}", "a chain needs at least one endpoint with a Url");
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < Endpoints.Count; i++)
        {
            string endpointPath = string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Endpoints)}:{i}");
            Endpoints[i].Validate(endpointPath, errors);
            if (Endpoints[i].Name is string name && !names.Add(name))
            {
                errors.Add($"{endpointPath}:{nameof(EndpointOptions.Name)}", name, "each endpoint of a chain needs a name of its own");
            }
        }

        if (!string.Equals(StartAt, "latest", StringComparison.OrdinalIgnoreCase) && GetStartHeight() is null)
        {
            errors.Add($"{path}:{nameof(StartAt)}", StartAt, "it must be 'latest' or a height from 0 up");
        }

        CheckRange(FinalityDepth, 1, int.MaxValue, $"{path}:{nameof(FinalityDepth)}", errors);
        CheckRange(BatchSize, 1, 10_000, $"{path}:{nameof(BatchSize)}", errors);
        CheckRange(Parallelism, 1, 64, $"{path}:{nameof(Parallelism)}", errors);
        CheckRange(PrefetchBytes, 1024 * 1024, int.MaxValue, $"{path}:{nameof(PrefetchBytes)}", errors);
        if (BlockTime != TimeSpan.Zero)
        {
            CheckPositive(BlockTime, $"{path}:{nameof(BlockTime)}", errors);
        }

        if (Quorum < 1 || Quorum > Math.Max(1, Endpoints.Count))
        {
            errors.Add($"{path}:{nameof(Quorum)}", Quorum.ToString(CultureInfo.InvariantCulture), $"it must be from 1 to the number of endpoints, which is {Endpoints.Count}");
        }

        ChainWatchOptions.CheckRange(SecondPassDelay, TimeSpan.FromSeconds(1), LongestDuration, $"{path}:{nameof(SecondPassDelay)}", errors);
        CheckPositive(PollInterval, $"{path}:{nameof(PollInterval)}", errors);
        CheckPositive(EventTimeout, $"{path}:{nameof(EventTimeout)}", errors);
    }

    internal static void CheckRange(int? value, int least, int most, string path, ConfigurationErrors errors)
    {
        if (value < least || value > most)
        {
            string rule = most == int.MaxValue ? $"it must be {least} or more" : $"it must be from {least} to {most}";
            errors.Add(path, value.Value.ToString(CultureInfo.InvariantCulture), rule);
        }
    }

    internal static void CheckPositive(TimeSpan? value, string path, ConfigurationErrors errors)
    {
        if (value <= TimeSpan.Zero)
        {
            errors.Add(path, value.Value.ToString("c", CultureInfo.InvariantCulture), "it must be longer than zero");
        }
        else if (value > LongestDuration)
        {
            errors.Add(path, value.Value.ToString("c", CultureInfo.InvariantCulture), "it must be at most 24 days, which is what timers can count");
        }
    }

    private static Confirmation ReadConfirmation(string? text, string path, ConfigurationErrors errors)
    {
        if (string.IsNullOrEmpty(text))
        {
            errors.AddMissing(path, "give a number of blocks from 1 up, 'safe' or 'finalized'");
        }
        else if (Confirmation.TryParse(text, out Confirmation confirmation))
        {
            return confirmation;
        }
        else
        {
            errors.Add(path, text, "it must be a number of blocks from 1 up, 'safe' or 'finalized'");
        }

        return Confirmation.Finalized;
    }
}
