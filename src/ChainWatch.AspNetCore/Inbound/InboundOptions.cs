using System.Globalization;

namespace ChainWatch.AspNetCore;

/// <summary>What the host lets in over HTTP: in code, and under <c>ChainWatch:Inbound</c>.</summary>
public sealed class InboundOptions
{
    /// <summary>The configuration section that these options are read from.</summary>
    public const string Section = $"{ChainWatchConfiguration.Section}:{Key}";

    internal const string Key = "Inbound";

    private static readonly string[] DefaultSkipped = ["/health", "/healthz", "/readyz", "/metrics"];

    /// <summary>What one client address may ask, all routes together. An IPv6 client is its /64 network, which is what one customer of a provider has at least.</summary>
    public InboundLimitOptions PerAddress { get; } = new();

    /// <summary>What one authenticated user may ask, all routes together, from wherever.</summary>
    public InboundLimitOptions PerUser { get; } = new();

    /// <summary>What is different for single routes.</summary>
    public IList<InboundRouteOptions> Routes { get; } = [];

    /// <summary>The addresses and networks that may ask at all, as in <c>10.0.0.0/8</c>; empty (the default) for everybody.</summary>
    public IList<string> AllowedAddresses { get; } = [];

    /// <summary>
    /// The addresses and networks of the proxies before the host, whose <c>X-Forwarded-For</c> is believed. Without any (the default), the client is whoever opened the connection.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>
    /// The paths, with all below them, that none of this applies to. A list in the configuration replaces what code says.
    /// </summary>
    /// <value>The default is <c>/health</c>, <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>.</value>
    public IList<string> SkippedPaths { get; } = [.. DefaultSkipped];

    /// <summary>The largest body of a request, in bytes.</summary>
    /// <value>0 or more. The default is 1 MiB.</value>
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// How many clients (addresses, users) each limit remembers one by one. While more of them ask at the same time, those beyond share one bucket, so that memory has a bound.
    /// </summary>
    /// <value>1 to 10,000,000. The default is 100,000.</value>
    public int MaxClients { get; set; } = 100_000;

    internal void Read(ConfigurationReader reader)
    {
        ReadLimit(reader, nameof(PerAddress), PerAddress);
        ReadLimit(reader, nameof(PerUser), PerUser);
        foreach (ConfigurationReader item in reader.ReadItems(nameof(Routes)))
        {
            InboundRouteOptions route = new();
            route.Read(item);
            item.Close();
            Routes.Add(route);
        }

        AddAll(AllowedAddresses, reader.ReadTexts(nameof(AllowedAddresses)));
        AddAll(TrustedProxies, reader.ReadTexts(nameof(TrustedProxies)));
        if (reader.ReadTexts(nameof(SkippedPaths)) is { Count: > 0 } skipped)
        {
            SkippedPaths.Clear();
            AddAll(SkippedPaths, skipped);
        }

        MaxBodyBytes = reader.ReadWhole(nameof(MaxBodyBytes)) ?? MaxBodyBytes;
        MaxClients = reader.ReadWhole(nameof(MaxClients)) ?? MaxClients;
        reader.Close();
    }

    /// <summary>Checks what <see cref="InboundRules"/> does not find out when it makes something of it.</summary>
    internal void Validate(ConfigurationErrors errors)
    {
        PerAddress.Validate($"{Section}:{nameof(PerAddress)}", errors);
        PerUser.Validate($"{Section}:{nameof(PerUser)}", errors);
        if (MaxBodyBytes < 0)
        {
            errors.Add($"{Section}:{nameof(MaxBodyBytes)}", MaxBodyBytes.ToString(CultureInfo.InvariantCulture), "it must be 0 or more");
        }

        if (MaxClients is < 1 or > 10_000_000)
        {
            errors.Add($"{Section}:{nameof(MaxClients)}", MaxClients.ToString(CultureInfo.InvariantCulture), "it must be from 1 to 10000000");
        }

        for (int i = 0; i < SkippedPaths.Count; i++)
        {
            if (!SkippedPaths[i].StartsWith('/') || (SkippedPaths[i].EndsWith('/') && SkippedPaths[i].Length > 1))
            {
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"{Section}:{nameof(SkippedPaths)}:{i}"), SkippedPaths[i], "it must be a path that begins with '/' and does not end with it");
            }
        }
    }

    private static void ReadLimit(ConfigurationReader reader, string key, InboundLimitOptions limit)
    {
        ConfigurationReader inner = reader.ReadObject(key);
        limit.Read(inner);
        inner.Close();
    }

    private static void AddAll(IList<string> list, IReadOnlyList<string> more)
    {
        foreach (string one in more)
        {
            list.Add(one);
        }
    }
}
