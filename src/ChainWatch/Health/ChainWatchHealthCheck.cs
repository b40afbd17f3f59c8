using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChainWatch;

/// <summary>ChainWatch's answer to the health checks of the host.</summary>
internal sealed class ChainWatchHealthCheck(ChainWatchHealth health) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ChainWatchHealthReport report = await health.ReadAsync(cancellationToken);
        Dictionary<string, object> data = new(StringComparer.Ordinal);
        foreach (ChainHealth chain in report.Chains)
        {
            data[chain.Name] = chain.Reason ?? (chain.Leading ? "healthy" : "standby");
        }

        return report.State switch
        {
            HealthState.Healthy => HealthCheckResult.Healthy(
                string.Create(CultureInfo.InvariantCulture, $"{report.Chains.Count} chains are followed."), data),
            HealthState.Degraded => HealthCheckResult.Degraded(Reasons(report), exception: null, data),
            _ => new HealthCheckResult(context.Registration.FailureStatus, Reasons(report), exception: null, data),
        };
    }

    private static string Reasons(ChainWatchHealthReport report) =>
        string.Join(' ', report.Chains.Where(static chain => chain.Reason is not null).Select(static chain => $"{chain.Name}: {chain.Reason}"));
}
