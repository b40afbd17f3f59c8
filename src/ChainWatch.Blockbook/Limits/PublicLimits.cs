namespace ChainWatch.Blockbook;

/// <summary>
/// What an instance allows where its operator set nothing else, less something for pings and for being counted differently. Source: Blockbook <c>docs/env.md</c>, <c>server/{websocket_rate_limiter,rest_rate_limiter}.go</c>.
/// </summary>
internal static class PublicLimits
{
    /// <summary>Messages on one connection; 2,500 close it and lock the address out for 12 hours. Pings, four a minute, count too.</summary>
    public const int SocketMessages = 2_300;

    /// <summary>Requests by HTTP; 20 a minute are allowed.</summary>
    public const int Requests = 18;

    /// <summary>Different addresses that one connection may ask the account of; 42 are allowed.</summary>
    public const int AccountsOfConnection = 40;

    /// <summary>How long nobody tries to connect again after an instance refused it.</summary>
    public static readonly TimeSpan RefusedFor = TimeSpan.FromHours(1);

    public static readonly TimeSpan SocketWindow = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan RequestWindow = TimeSpan.FromMinutes(1);
}
