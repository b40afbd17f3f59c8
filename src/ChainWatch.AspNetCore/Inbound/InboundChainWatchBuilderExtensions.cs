using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using ChainWatch;
using ChainWatch.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Limits what a host lets in over HTTP.</summary>
public static class InboundChainWatchBuilderExtensions
{
    /// <summary>
    /// Adds the limits of requests to the host; <c>app.UseChainWatchInbound()</c> puts them to work. The rates are kept by ASP.NET Core's own rate-limiting middleware: a global limiter of the
    /// host's own goes before them, and its policies for single endpoints still count.
    /// </summary>
    /// <param name="builder">What <c>AddChainWatch</c> hands to its lambda.</param>
    /// <param name="configure">Sets the options; the configuration section <c>ChainWatch:Inbound</c> goes on top.</param>
    public static ChainWatchBuilder AddInbound(this ChainWatchBuilder builder, Action<InboundOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        InboundOptions options = new();
        configure?.Invoke(options);
        builder.AddSection(InboundOptions.Key, static (services, _) => services.GetRequiredService<InboundRules>());
        builder.Services.Replace(ServiceDescriptor.Singleton(services => new InboundRules(services, options)));
        builder.Services.TryAddSingleton(static services => new InboundMetrics(services.GetService<IMeterFactory>()));
        builder.Services.TryAddSingleton(static services => new InboundLimits(services.GetRequiredService<InboundRules>()));
        builder.Services.TryAddSingleton(static services => new InboundGate(services.GetRequiredService<InboundRules>(), services.GetRequiredService<InboundMetrics>()));
        builder.Services.AddRateLimiter(static _ => { });
        builder.Services.AddOptions<RateLimiterOptions>().PostConfigure<InboundLimits, InboundGate>(static (limiter, limits, gate) =>
        {
            limiter.GlobalLimiter = limiter.GlobalLimiter is { } host ? PartitionedRateLimiter.CreateChained(host, limits.Limiter) : limits.Limiter;
            limiter.OnRejected ??= gate.RejectedAsync;
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        });
        return builder;
    }
}
