using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace ChainWatch.AspNetCore;

/// <summary>The limits of requests, as one limiter for ASP.NET Core's rate-limiting middleware: by client address, then by user, then by route.</summary>
internal sealed class InboundLimits
{
    private static readonly InboundKey Nobody = new(Name: null, Route: null);
    private readonly InboundRules _rules;

    public InboundLimits(InboundRules rules)
    {
        _rules = rules;
        Addresses = new InboundPartitions(rules.Options.MaxClients);
        Users = new InboundPartitions(rules.Options.MaxClients);
        // A bucket for each route that is configured: these cannot grow.
        InboundPartitions routes = new(int.MaxValue);
        Limiter = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<HttpContext, InboundKey>(ByAddress),
            PartitionedRateLimiter.Create<HttpContext, InboundKey>(ByUser),
            PartitionedRateLimiter.Create<HttpContext, InboundKey>(context =>
                !_rules.Skips(context) && _rules.RouteOf(context) is { Total: { } total } route ? routes.Get(new InboundKey(Name: null, route), total) : Free()));
    }

    public PartitionedRateLimiter<HttpContext> Limiter { get; }

    public InboundPartitions Addresses { get; }

    public InboundPartitions Users { get; }

    /// <summary>One client's name: its address, or its /64 of IPv6, of which it may have every one.</summary>
    internal static string NameOf(IPAddress? address)
    {
        if (address is null)
        {
            // A Unix socket, or a server without addresses: whoever that is, it is one client.
            return "none";
        }

        IPAddress plain = AddressList.Plain(address);
        if (plain.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return plain.ToString();
        }

        byte[] bytes = plain.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes).ToString();
    }

    private RateLimitPartition<InboundKey> ByAddress(HttpContext context)
    {
        if (_rules.Skips(context))
        {
            return Free();
        }

        InboundRouteOptions? route = _rules.RouteOf(context);
        string name = NameOf(context.Connection.RemoteIpAddress);
        return route?.PerAddress is { } own ? Addresses.Get(new InboundKey(name, route), own) : Addresses.Get(new InboundKey(name, Route: null), _rules.Options.PerAddress);
    }

    private RateLimitPartition<InboundKey> ByUser(HttpContext context)
    {
        ClaimsPrincipal user = context.User;
        if (user.Identity is not { IsAuthenticated: true } identity || _rules.Skips(context) || (user.FindFirstValue(ClaimTypes.NameIdentifier) ?? identity.Name) is not { } name)
        {
            return Free();
        }

        InboundRouteOptions? route = _rules.RouteOf(context);
        return route?.PerUser is { } own ? Users.Get(new InboundKey(name, route), own) : Users.Get(new InboundKey(name, Route: null), _rules.Options.PerUser);
    }

    private static RateLimitPartition<InboundKey> Free() => RateLimitPartition.GetNoLimiter(Nobody);
}
