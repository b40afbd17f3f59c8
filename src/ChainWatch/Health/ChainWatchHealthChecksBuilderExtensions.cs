using ChainWatch;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds ChainWatch to the health checks of a host.</summary>
public static class ChainWatchHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check of all chains and the store. It says for every chain what is wrong with it. Tags say what it answers: with <c>live</c> (or <c>liveness</c>) only whether the
    /// process is alive, with <c>ready</c> (or <c>readiness</c>) whether it is ready, a standby included, and else how well it does. Add one of each, under names of their own,
    /// and map them with a predicate on these tags.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What a failing chain or store reports; <see cref="HealthStatus.Unhealthy"/> by default.</param>
    /// <param name="tags">Tags to filter checks by; <c>live</c> and <c>ready</c> also say what is asked.</param>
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
