using System.Diagnostics.Metrics;
using ChainWatch;
using ChainWatch.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the HTTP endpoints of ChainWatch.</summary>
public static class ChainWatchEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps <c>/health</c>, <c>/health/live</c>, <c>/healthz</c>, <c>/health/ready</c>, <c>/readyz</c>, <c>/health/detailed</c>, <c>/metrics</c> (the text format of
    /// Prometheus) and the status page <c>/chainwatch</c>. They answer 200, or 503 with the reason. They hold no secrets, but they do tell what a host watches:
    /// restrict them as conventions of the result, where they can be reached from outside.
    /// </summary>
    /// <param name="endpoints">The host's endpoints.</param>
    /// <param name="prefix">What stands before each path, as in <c>/internal</c>; nothing by default.</param>
    /// <returns>The group of all these endpoints, to add conventions to.</returns>
    public static RouteGroupBuilder MapChainWatch(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        IServiceProvider services = endpoints.ServiceProvider;

        // It listens from now on, not from the first scrape: counters that were moved before would be short.
        PrometheusCollector metrics = new(services.GetService<IMeterFactory>());
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(metrics.Dispose);

        RouteGroupBuilder group = endpoints.MapGroup(prefix);
        ChainWatchEndpoints answers = new(services, metrics);
        group.MapGet("/health", (RequestDelegate)answers.HealthAsync);
        group.MapGet("/health/live", (RequestDelegate)answers.LiveAsync);
        group.MapGet("/healthz", (RequestDelegate)answers.LiveTextAsync);
        group.MapGet("/health/ready", (RequestDelegate)answers.ReadyAsync);
        group.MapGet("/readyz", (RequestDelegate)answers.ReadyTextAsync);
        group.MapGet("/health/detailed", (RequestDelegate)answers.DetailedAsync);
        group.MapGet("/metrics", (RequestDelegate)answers.MetricsAsync);
        group.MapGet("/chainwatch", (RequestDelegate)answers.StatusPageAsync);
        return group;
    }
}
