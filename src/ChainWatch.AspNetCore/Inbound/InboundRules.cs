using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.AspNetCore;

/// <summary>What a host says about requests, read and checked when the host starts.</summary>
internal sealed class InboundRules
{
    private static readonly object Found = new();
    private readonly PathString[] _skipped;
    private readonly InboundRoute[] _routes;

    /// <exception cref="ChainWatchConfigurationException">Something is wrong in the options.</exception>
    public InboundRules(IServiceProvider services, InboundOptions options)
    {
        Options = options;
        IConfiguration configuration = services.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build();
        ConfigurationErrors errors = new();
        options.Read(new ConfigurationReader(configuration.GetSection(InboundOptions.Section), errors));
        options.Validate(errors);
        Allowed = AddressList.Parse(options.AllowedAddresses, $"{InboundOptions.Section}:{nameof(options.AllowedAddresses)}", errors);
        Proxies = AddressList.Parse(options.TrustedProxies, $"{InboundOptions.Section}:{nameof(options.TrustedProxies)}", errors);
        List<InboundRoute> routes = [];
        for (int i = 0; i < options.Routes.Count; i++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{InboundOptions.Section}:{nameof(options.Routes)}:{i}");
            options.Routes[i].Validate(path, errors);
            if (InboundRoute.Parse(options.Routes[i], path, errors) is { } route)
            {
                routes.Add(route);
            }
        }

        errors.ThrowIfAny();
        _routes = [.. routes];
        _skipped = [.. options.SkippedPaths.Select(static path => new PathString(path))];
    }

    public InboundOptions Options { get; }

    public AddressList Allowed { get; }

    public AddressList Proxies { get; }

    /// <summary>True where none of this applies.</summary>
    public bool Skips(HttpContext context)
    {
        foreach (PathString skipped in _skipped)
        {
            if (context.Request.Path.StartsWithSegments(skipped, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What is different for this request; <see langword="null"/> for nothing. It is looked for once a request.</summary>
    public InboundRouteOptions? RouteOf(HttpContext context)
    {
        if (context.Items.TryGetValue(Found, out object? known))
        {
            return (InboundRouteOptions?)known;
        }

        InboundRouteOptions? route = Array.Find(_routes, one => one.Fits(context.Request))?.Options;
        context.Items[Found] = route;
        return route;
    }
}
