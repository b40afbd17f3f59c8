using System.Globalization;

namespace ChainWatch.AspNetCore;

/// <summary>What is different for one route.</summary>
public sealed class InboundRouteOptions
{
    /// <summary>
    /// Which requests: a path in the notation of ASP.NET Core's routes, with a method before it where only that one is meant: <c>POST /addresses/{chain}</c>, <c>/payments/{**rest}</c>. The
    /// first route of the list that fits counts.
    /// </summary>
    public string? Route { get; set; }

    /// <summary>What one client address may ask of this route, in place of <see cref="InboundOptions.PerAddress"/>; <see langword="null"/> for no difference.</summary>
    public InboundLimitOptions? PerAddress { get; set; }

    /// <summary>What one authenticated user may ask of this route, in place of <see cref="InboundOptions.PerUser"/>; <see langword="null"/> for no difference.</summary>
    public InboundLimitOptions? PerUser { get; set; }

    /// <summary>What all clients together may ask of this route; <see langword="null"/> for no limit.</summary>
    public InboundLimitOptions? Total { get; set; }

    /// <summary>The largest body of a request to this route, in bytes, in place of <see cref="InboundOptions.MaxBodyBytes"/>; <see langword="null"/> for no difference.</summary>
    public int? MaxBodyBytes { get; set; }

    internal void Read(ConfigurationReader reader)
    {
        Route = reader.ReadText(nameof(Route)) ?? Route;
        PerAddress = ReadLimit(reader, nameof(PerAddress), PerAddress);
        PerUser = ReadLimit(reader, nameof(PerUser), PerUser);
        Total = ReadLimit(reader, nameof(Total), Total);
        MaxBodyBytes = reader.ReadWhole(nameof(MaxBodyBytes)) ?? MaxBodyBytes;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        PerAddress?.Validate($"{path}:{nameof(PerAddress)}", errors);
        PerUser?.Validate($"{path}:{nameof(PerUser)}", errors);
        Total?.Validate($"{path}:{nameof(Total)}", errors);
        if (MaxBodyBytes < 0)
        {
            errors.Add($"{path}:{nameof(MaxBodyBytes)}", MaxBodyBytes.Value.ToString(CultureInfo.InvariantCulture), "it must be 0 or more");
        }
    }

    private static InboundLimitOptions? ReadLimit(ConfigurationReader reader, string key, InboundLimitOptions? before)
    {
        ConfigurationReader inner = reader.ReadObject(key);
        if (!inner.HasKeys)
        {
            return before;
        }

        InboundLimitOptions limit = before ?? new InboundLimitOptions();
        limit.Read(inner);
        inner.Close();
        return limit;
    }
}
