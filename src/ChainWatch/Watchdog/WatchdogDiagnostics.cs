using System.Globalization;
using System.Text;

namespace ChainWatch;

/// <summary>The block that a process writes to standard error before it fails fast: what a person needs first, in one place.</summary>
internal static class WatchdogDiagnostics
{
    public static string Write(WatchdogCheck check, string reason, Func<string, int> restarts)
    {
        StringBuilder text = new();
        text.AppendLine("==================== ChainWatch fails fast ====================");
        text.Append(CultureInfo.InvariantCulture, $"at {check.At:O}: {reason}").AppendLine();
        foreach (ChainHealth chain in check.Chains)
        {
            ChainStatus status = chain.Status;
            text.Append(CultureInfo.InvariantCulture, $"chain {chain.Name} ({status.Chain.Kind}): {chain.State}{(chain.Leading ? "" : ", standby")}").AppendLine();
            text.Append(CultureInfo.InvariantCulture, $"  subscriptions {status.Subscriptions}, last event {Math.Floor(status.TimeSinceLastEvent.TotalSeconds)} s ago, ");
            text.Append(CultureInfo.InvariantCulture, $"last commit {Math.Floor(status.TimeSinceLastCommit.TotalSeconds)} s ago").AppendLine();
            text.Append(CultureInfo.InvariantCulture, $"  head {status.Head?.Height}, cursor {status.Cursor?.Height}, blocks {status.Blocks}, payment events {status.Payments}").AppendLine();
            text.Append(CultureInfo.InvariantCulture, $"  endpoints {string.Join(", ", EndpointNames(chain.Registration))}; connected {(status.Connected ? "yes" : "no")}; source restarted {restarts(chain.Name)} times").AppendLine();
            if (status.LastError is { } error)
            {
                text.Append(CultureInfo.InvariantCulture, $"  last error: {error}").AppendLine();
            }
        }

        return text.Append("===============================================================").ToString();
    }

    /// <summary>Names only: URLs hold keys.</summary>
    private static IEnumerable<string> EndpointNames(ChainRegistration chain) =>
        chain.Options.Endpoints.Select(static (endpoint, index) => endpoint.Name ?? string.Create(CultureInfo.InvariantCulture, $"endpoint-{index + 1}"));
}
