using System.Globalization;

namespace ChainWatch;

/// <summary>One RPC URL with its keys and limits.</summary>
public sealed class EndpointOptions
{
    private static readonly TimeSpan LongestSpacing = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(31);

    /// <summary>The name under which the endpoint appears in logs, metrics, health answers and the coverage. Its URL never does, since URLs hold keys.</summary>
    /// <value>The default is the endpoint's number in the chain's list, from <c>endpoint-1</c>.</value>
    public string? Name { get; set; }

    /// <summary>The URL for requests: <c>http</c> or <c>https</c> (a family may allow others).</summary>
    public string? Url { get; set; }

    /// <summary>The URL for pushes: <c>ws</c> or <c>wss</c>. Without it the chain is polled.</summary>
    public string? WebSocketUrl { get; set; }

    /// <summary>The provider's keys. <c>{key}</c> in a URL stands for the key; a URL without it gets the key as a bearer token.</summary>
    public IList<string> ApiKeys { get; } = [];

    /// <summary>
    /// A file that holds <c>user:password</c> on one line, sent as basic authentication: a node's cookie (Bitcoin Core's <c>.cookie</c>), or a mounted secret. It is read when it is first needed, and
    /// again when the endpoint refuses what it held.
    /// </summary>
    public string? CredentialsFile { get; set; }

    /// <summary>The rate that the endpoint may be asked at.</summary>
    /// <value>Requests per second, above 0. <see langword="null"/> (the default) sets no limit.</value>
    public double? RequestsPerSecond { get; set; }

    /// <summary>How many requests may come at once after a pause.</summary>
    /// <value>From 1 up. The default is twice <see cref="RequestsPerSecond"/>.</value>
    public int? Burst { get; set; }

    /// <summary>The least time between the beginnings of two requests.</summary>
    /// <value>The default is none.</value>
    public TimeSpan MinSpacing { get; set; }

    /// <summary>How many requests (or units, where <see cref="Units"/> are given) the endpoint answers in one <see cref="QuotaWindow"/>. The last tenth is kept for the head of the chain.</summary>
    /// <value>From 1 up. <see langword="null"/> (the default) sets no quota. What was used is counted in this process, from its start.</value>
    public double? Quota { get; set; }

    /// <summary>The window of <see cref="Quota"/>. Windows are counted from midnight UTC of the first of January 1970: a day's begins at midnight UTC.</summary>
    /// <value>The default is a day.</value>
    public TimeSpan QuotaWindow { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// What a call of a method counts, for providers that sell units: <see cref="RequestsPerSecond"/>, <see cref="Burst"/> and <see cref="Quota"/> are units then, and every call of a batch counts. The
    /// name <c>default</c> is for all methods that are not named.
    /// </summary>
    /// <value>The default is empty: each request counts 1, a batch too.</value>
    public IDictionary<string, int> Units { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Whether each of <see cref="ApiKeys"/> has these limits for itself: the keys are used side by side then. Else the endpoint has them once, and one key is used at a time.</summary>
    /// <value>The default is false.</value>
    public bool LimitsPerKey { get; set; }

    /// <summary>How many requests may be under way at the same time.</summary>
    /// <value>1 to 1,000. The default is 16.</value>
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>How long one request may take, its answer included.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest answer that is read.</summary>
    /// <value>Bytes, from 1 MiB up. The default is 256 MiB.</value>
    public int MaxResponseBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>What a call counts.</summary>
    internal int UnitsOf(string method) => Units.Count == 0 ? 1 : Units.TryGetValue(method, out int units) ? units : Units.TryGetValue("default", out units) ? units : 1;

    /// <summary>Reads the options from the configuration.</summary>
    internal void Read(ConfigurationReader reader)
    {
        Name = reader.ReadText(nameof(Name)) ?? Name;
        Url = reader.ReadText(nameof(Url)) ?? Url;
        WebSocketUrl = reader.ReadText(nameof(WebSocketUrl)) ?? WebSocketUrl;
        foreach (string key in reader.ReadTexts(nameof(ApiKeys)))
        {
            ApiKeys.Add(key);
        }

        CredentialsFile = reader.ReadText(nameof(CredentialsFile)) ?? CredentialsFile;
        RequestsPerSecond = reader.ReadNumber(nameof(RequestsPerSecond)) ?? RequestsPerSecond;
        Burst = reader.ReadWhole(nameof(Burst)) ?? Burst;
        MinSpacing = reader.ReadDuration(nameof(MinSpacing)) ?? MinSpacing;
        Quota = reader.ReadNumber(nameof(Quota)) ?? Quota;
        QuotaWindow = reader.ReadDuration(nameof(QuotaWindow)) ?? QuotaWindow;
        foreach ((string method, int units) in reader.ReadWholes(nameof(Units)))
        {
            Units[method] = units;
        }

        LimitsPerKey = reader.ReadFlag(nameof(LimitsPerKey)) ?? LimitsPerKey;
        MaxConcurrency = reader.ReadWhole(nameof(MaxConcurrency)) ?? MaxConcurrency;
        Timeout = reader.ReadDuration(nameof(Timeout)) ?? Timeout;
        MaxResponseBytes = reader.ReadWhole(nameof(MaxResponseBytes)) ?? MaxResponseBytes;
    }

    /// <summary>Checks the options. Which schemes a URL may have is the chain family's to widen, so only what no family could use is refused here.</summary>
    internal void Validate(string path, ConfigurationErrors errors)
    {
        if (string.IsNullOrWhiteSpace(Url))
        {
            errors.AddMissing($"{path}:{nameof(Url)}", "give the URL of a node, like http://127.0.0.1:8545");
        }
        else
        {
            CheckUrl(Url, ["http", "https", "ws", "wss"], $"{path}:{nameof(Url)}", errors);
        }

        if (!string.IsNullOrEmpty(WebSocketUrl))
        {
            CheckUrl(WebSocketUrl, ["ws", "wss"], $"{path}:{nameof(WebSocketUrl)}", errors);
        }

        for (int i = 0; i < ApiKeys.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(ApiKeys[i]))
            {
                errors.AddMissing(string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(ApiKeys)}:{i}"), "a key must not be empty; leave the list out where none is needed");
            }
        }

        if (CredentialsFile is not null && string.IsNullOrWhiteSpace(CredentialsFile))
        {
            errors.AddMissing($"{path}:{nameof(CredentialsFile)}", "give the path of a file with user:password, or leave it out");
        }
        else if (CredentialsFile is not null && (ApiKeys.Count > 0 || (Uri.TryCreate(Url, UriKind.Absolute, out Uri? uri) && uri.UserInfo.Length > 0)))
        {
            errors.Add($"{path}:{nameof(CredentialsFile)}", CredentialsFile, $"user and password cannot come from here and from {nameof(Url)} or {nameof(ApiKeys)} as well; keep one of them");
        }

        if (RequestsPerSecond is <= 0 or double.NaN)
        {
            errors.Add($"{path}:{nameof(RequestsPerSecond)}", RequestsPerSecond.Value.ToString(CultureInfo.InvariantCulture), "it must be above 0; leave it out for no limit");
        }

        ChainOptions.CheckRange(Burst, 1, int.MaxValue, $"{path}:{nameof(Burst)}", errors);
        if (MinSpacing < TimeSpan.Zero || MinSpacing > LongestSpacing)
        {
            errors.Add($"{path}:{nameof(MinSpacing)}", MinSpacing.ToString("c", CultureInfo.InvariantCulture), "it must be from 00:00:00 to 00:01:00");
        }

        if (Quota is < 1 or double.NaN)
        {
            errors.Add($"{path}:{nameof(Quota)}", Quota.Value.ToString(CultureInfo.InvariantCulture), "it must be 1 or more; leave it out for no quota");
        }

        if (QuotaWindow < TimeSpan.FromSeconds(1) || QuotaWindow > LongestWindow)
        {
            errors.Add($"{path}:{nameof(QuotaWindow)}", QuotaWindow.ToString("c", CultureInfo.InvariantCulture), "it must be from 00:00:01 to 31.00:00:00");
        }

        foreach ((string method, int units) in Units)
        {
            ChainOptions.CheckRange(units, 0, 1_000_000, $"{path}:{nameof(Units)}:{method}", errors);
        }

        if (LimitsPerKey && ApiKeys.Count == 0)
        {
            errors.Add($"{path}:{nameof(LimitsPerKey)}", "true", $"it is about {nameof(ApiKeys)}, and there are none; name them, or leave it out");
        }

        ChainOptions.CheckRange(MaxConcurrency, 1, 1000, $"{path}:{nameof(MaxConcurrency)}", errors);
        ChainOptions.CheckPositive(Timeout, $"{path}:{nameof(Timeout)}", errors);
        ChainOptions.CheckRange(MaxResponseBytes, 1024 * 1024, int.MaxValue, $"{path}:{nameof(MaxResponseBytes)}", errors);
    }

    /// <summary>Checks that a text is an absolute URL of one of these schemes.</summary>
    /// <param name="url">The text.</param>
    /// <param name="schemes">The schemes that are allowed, lower case.</param>
    /// <param name="path">The configuration path.</param>
    /// <param name="errors">Where an error goes; it tells scheme and host only.</param>
    public static void CheckUrl(string url, IReadOnlyList<string> schemes, string path, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(schemes);
        ArgumentNullException.ThrowIfNull(errors);

        // {key} stands for a key, and may stand anywhere, where a URL could not hold braces.
        bool valid = Uri.TryCreate(url.Replace("{key}", "key", StringComparison.Ordinal), UriKind.Absolute, out Uri? uri) &&
            schemes.Contains(uri.Scheme, StringComparer.Ordinal) &&
            uri.Host.Length > 0;
        if (!valid)
        {
            errors.AddUrl(path, url, $"it must be an absolute URL that begins with {string.Join(" or ", schemes.Select(static scheme => scheme + "://"))}");
        }
    }
}
