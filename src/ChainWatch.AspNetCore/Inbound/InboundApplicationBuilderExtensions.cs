using ChainWatch.AspNetCore;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts the limits of requests to work.</summary>
public static class InboundApplicationBuilderExtensions
{
    /// <summary>
    /// Lets in what the section <c>ChainWatch:Inbound</c> allows: client addresses, bodies up to a size, and requests up to a rate; the rest is answered with 403, 413 or 429 (with
    /// <c>Retry-After</c>). Call it before everything that it shall protect, and behind authentication, which limits by user depend on. It includes <c>UseRateLimiter</c>.
    /// </summary>
    /// <param name="app">The host.</param>
    /// <exception cref="InvalidOperationException">The limits were not added: <c>watch.AddInbound()</c> is missing in <c>AddChainWatch</c>.</exception>
    public static IApplicationBuilder UseChainWatchInbound(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (app.ApplicationServices.GetService<IServiceProviderIsService>()?.IsService(typeof(InboundRules)) == false)
        {
            throw new InvalidOperationException("There are no limits to put to work: call watch.AddInbound() in the lambda of AddChainWatch.");
        }

        // The rules are asked for when the pipeline is made, at start: by then what is wrong in them has been told together with everything else.
        app.Use(next =>
        {
            IServiceProvider services = app.ApplicationServices;
            InboundRules rules = services.GetRequiredService<InboundRules>();
            InboundGate gate = services.GetRequiredService<InboundGate>();
            Http.RequestDelegate gated = context => gate.HandleAsync(context, next);
            if (rules.Proxies.IsEmpty)
            {
                return gated;
            }

            // From the nearest proxy outwards, as far as all of them are trusted: what stands there is the client, whatever else the header says.
            ForwardedHeadersOptions forwarded = new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (System.Net.IPNetwork network in rules.Proxies.Networks)
            {
                forwarded.KnownIPNetworks.Add(network);
            }

            return new ForwardedHeadersMiddleware(gated, services.GetRequiredService<ILoggerFactory>(), Options.Create(forwarded)).Invoke;
        });
        return app.UseRateLimiter();
    }
}
