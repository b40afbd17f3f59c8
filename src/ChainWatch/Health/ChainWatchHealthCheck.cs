using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChainWatch;

/// <summary>ChainWatch's answer to the health checks of the host: to what a check's tags ask.</summary>
internal sealed class ChainWatchHealthCheck(ChainWatchHealth health) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ISet<string> tags = context.Registration.Tags;
        if (tags.Contains("live") || tags.Contains("liveness"))
        {
            // The store is not asked: a database that is down is no reason to restart whoever waits for it.
            return health.Ending is { } ending ? new HealthCheckResult(context.Registration.FailureStatus, ending) : HealthCheckResult.Healthy("The process is alive.");
        }

        ChainWatchHealthReport report = await health.ReadAsync(cancellationToken);
        Dictionary<string, object> data = new(StringComparer.Ordinal);
        foreach (ChainHealth chain in report.Chains)
        {
            data[chain.Name] = chain.Reason ?? (chain.Leading ? "healthy" : "standby");
        }

        if (tags.Contains("ready") || tags.Contains("readiness"))
        {
            return report.IsReady
                ? HealthCheckResult.Healthy(report.IsStandby ? "Ready, as a standby." : "Ready.", data)
                : new HealthCheckResult(context.Registration.FailureStatus, report.Stopping ? "The host stops." : Reasons(report), exception: null, data);
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
        string.Join(' ', report.Chains.Where(static chain => chain.Reason is not null).Select(static chain => $"{chain.Name}: {chain.Reason}").Append(report.DeliveryReason).OfType<string>());
}
