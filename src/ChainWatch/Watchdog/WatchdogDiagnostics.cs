using System.Globalization;
using System.Text;

namespace ChainWatch;

/// <summary>The block that a process writes to standard error before it fails fast: what a person needs first, in one place.</summary>
internal static class WatchdogDiagnostics
{
    public static string Write(WatchdogCheck check, string reason, Func<string, IReadOnlyList<(DateTimeOffset At, TimeSpan Silence, string Step)>> tried)
    {
        StringBuilder text = new();
        text.AppendLine("==================== ChainWatch fails fast ====================");
        text.Append(CultureInfo.InvariantCulture, $"at {check.At:O}: {reason}").AppendLine();
        foreach (ChainHealth chain in check.Chains)
        {
            Write(text, chain);
            IReadOnlyList<(DateTimeOffset At, TimeSpan Silence, string Step)> steps = tried(chain.Name);
            text.Append(CultureInfo.InvariantCulture, $"  source restarted {steps.Count(static step => step.Step == WordOf(RecoveryStep.RestartSource))} times").AppendLine();
            foreach ((DateTimeOffset at, TimeSpan silence, string step) in steps)
            {
                text.Append(CultureInfo.InvariantCulture, $"  tried {step} at {at:HH:mm:ss.f}, after {Seconds(silence)} of silence").AppendLine();
            }
        }

        return text.Append("===============================================================").ToString();
    }

    /// <summary>The step's name in the block, in logs and in metrics.</summary>
    public static string WordOf(RecoveryStep step) => step switch
    {
        RecoveryStep.Resubscribe => "resubscribe",
        RecoveryStep.Reconnect => "reconnect",
        RecoveryStep.PreferAnother => "prefer_another",
        _ => "restart_source",
    };

    private static void Write(StringBuilder text, ChainHealth chain)
    {
        ChainStatus status = chain.Status;
        string verdict = chain.VerdictWord is { } word ? $", {word}" : "";
        text.Append(CultureInfo.InvariantCulture, $"chain {chain.Name} ({status.Chain.Kind}): {chain.State}{verdict}{(chain.Leading ? "" : ", standby")}").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"  subscriptions {status.Subscriptions}, last event {Seconds(status.TimeSinceLastEvent)} ago, last commit {Seconds(status.TimeSinceLastCommit)} ago, ");
        text.Append(CultureInfo.InvariantCulture, $"connected {(status.Connected ? "yes" : "no")}").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"  head {status.Head?.Height}, cursor {status.Cursor?.Height}, blocks {status.Blocks}, payment events {status.Payments}").AppendLine();
        if (status.PushesLost is { } lost)
        {
            text.Append(CultureInfo.InvariantCulture, $"  no pushes: {lost}").AppendLine();
        }

        WriteEndpoints(text, chain);
        if (status.LastError is { } error)
        {
            text.Append(CultureInfo.InvariantCulture, $"  last error: {error}").AppendLine();
        }
    }

    /// <summary>Names only: URLs hold keys.</summary>
    private static void WriteEndpoints(StringBuilder text, ChainHealth chain)
    {
        IReadOnlyList<EndpointStanding> standings = chain.Status.Endpoints;
        foreach (EndpointStanding endpoint in standings)
        {
            text.Append(CultureInfo.InvariantCulture, $"  endpoint {endpoint.Name}: {(endpoint.Up ? "up" : "down")}, rank {endpoint.Rank}, head {endpoint.Head?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}, ");
            text.Append(CultureInfo.InvariantCulture, $"advanced {(endpoint.SinceHeadAdvanced is { } since ? $"{Seconds(since)} ago" : "never")}, lag {endpoint.Lag?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}");
            text.Append(endpoint.Reason is null ? "" : $": {endpoint.Reason}").AppendLine();
        }

        if (standings.Count == 0)
        {
            IEnumerable<string> names = chain.Registration.Options.Endpoints.Select(static (endpoint, index) => endpoint.Name ?? string.Create(CultureInfo.InvariantCulture, $"endpoint-{index + 1}"));
            text.Append(CultureInfo.InvariantCulture, $"  endpoints {string.Join(", ", names)}").AppendLine();
        }
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalSeconds)} s");
}
