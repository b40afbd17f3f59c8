using ChainWatch;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds ChainWatch to the health checks of a host.</summary>
public static class ChainWatchHealthChecksBuilderExtensions
{
    /// <summary>Adds a check of all chains and the store. It says for every chain what is wrong with it.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What a failing chain or store reports; <see cref="HealthStatus.Unhealthy"/> by default.</param>
    /// <param name="tags">Tags to filter checks by.</param>
    /// <param name="timeout">How long the check may take. The store is given two seconds in any case.</param>
    public static IHealthChecksBuilder AddChainWatch(
        this IHealthChecksBuilder builder,
        string name = "chainwatch",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            static services => new ChainWatchHealthCheck(services.GetRequiredService<ChainWatchHealth>()),
            failureStatus,
            tags,
            timeout));
    }
}
