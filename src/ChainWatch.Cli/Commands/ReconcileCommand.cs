using System.CommandLine;
using System.Globalization;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch reconcile</c>: has a chain's leader compare the records with the chain, waits for it, and shows what it found.</summary>
internal static class ReconcileCommand
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        Option<string[]> addresses = new("--address") { Description = "A watched address; several are allowed. Default: all.", AllowMultipleArgumentsPerToken = true };
        Option<int?> sample = new("--sample") { Description = "So many watched addresses, drawn at random." };
        Option<long?> from = new("--from") { Description = "The first block whose payments are compared. Default: what was not compared before." };
        Option<long?> to = new("--to") { Description = "The last block. Default: the newest final one." };
        Option<bool> readBlocks = new("--read-blocks") { Description = "Reads all blocks of the range again and compares each payment: slow, and complete." };
        Option<bool> repair = new("--repair") { Description = "Repairs what may be repaired, by reading its block again." };
        Option<bool> noWait = new("--no-wait") { Description = "Only asks for it, and prints its number." };
        Option<bool> last = new("--last") { Description = "Asks for nothing, and shows what the newest run found." };
        Command command = new("reconcile", "Compares the records of a chain with the chain itself. The host that leads the chain does the work. Exits with 1 where something is found that somebody has to look at.")
        {
            CliOptions.Chain, addresses, sample, from, to, readBlocks, repair, noWait, last, CliOptions.Limit,
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            Chain chain = session.Chain(parsed.GetRequiredValue(CliOptions.Chain));
            IReconciliation reconciliation = session.Reconciliation;
            long id;
            if (parsed.GetValue(last))
            {
                IReadOnlyList<ReconciliationRun> newest = await reconciliation.ListAsync(chain.Name, 1, cancellationToken);
                id = newest.Count > 0 ? newest[0].Id : throw new ArgumentException($"Chain '{chain.Name}' was never reconciled.", nameof(parsed));
            }
            else
            {
                ReconciliationRequest request = new()
                {
                    Addresses = parsed.GetValue(addresses) is { Length: > 0 } texts ? [.. texts.Select(chain.Format.ParseAddress)] : null,
                    FromHeight = parsed.GetValue(from),
                    ToHeight = parsed.GetValue(to),
                    ReadBlocks = parsed.GetValue(readBlocks),
                    Repair = parsed.GetValue(repair),
                };
                id = parsed.GetValue(sample) is { } count
                    ? await reconciliation.RequestSampleAsync(chain.Name, count, request, Environment.TickCount, cancellationToken)
                    : await reconciliation.RequestAsync(chain.Name, request, cancellationToken);
                if (parsed.GetValue(noWait))
                {
                    session.Output.One(("reconciliation", id));
                    return ExitCode.Fine;
                }

                await WaitAsync(session, reconciliation, chain, id, cancellationToken);
            }

            IReadOnlyList<Discrepancy> found = await reconciliation.ReadDiscrepanciesAsync(chain.Name, id, int.MaxValue, cancellationToken);
            CliTable table = new("address", "result", "kind", "asset", "transaction", "ordinal", "from height", "to height", "recorded", "on chain", "repair", "details");
            foreach (Discrepancy one in found.OrderByDescending(static one => one.IsAlarm).Take(parsed.GetValue(CliOptions.Limit)))
            {
                table.Add(one.Address, one.Result, one.Kind, one.Asset, one.TransactionId, one.Ordinal, one.FromHeight, one.ToHeight, one.Recorded, one.OnChain, one.Repair, one.Details);
            }

            session.Output.Rows(table);
            return found.Any(static one => one.IsAlarm) ? ExitCode.Found : ExitCode.Fine;
        });
        return command;
    }

    private static async Task WaitAsync(CliSession session, IReconciliation reconciliation, Chain chain, long id, CancellationToken cancellationToken)
    {
        CliProgress progress = new(session.Errors, TimeProvider.System);
        while (await reconciliation.FindAsync(chain.Name, id, cancellationToken) is { } run)
        {
            ReconciliationCounts counts = run.Counts;
            double done = run.State == ReconciliationState.Done ? 1 : counts.Total / (double)Math.Max(run.Addresses, 1);
            double seconds = run.StartedAt is { } started ? (TimeProvider.System.GetUtcNow() - started).TotalSeconds : 0;
            double rate = counts.Total / Math.Max(seconds, 0.1);
            string left = rate > 0 && run.State == ReconciliationState.Running ? $", {TimeSpan.FromSeconds(Math.Min((run.Addresses - counts.Total) / rate, 1e8)):hh\\:mm\\:ss} left" : "";
            progress.Tell(done, run.State == ReconciliationState.Queued
                ? "waiting for the host that leads the chain"
                : string.Create(CultureInfo.InvariantCulture, $"{counts.Total} of {run.Addresses} addresses, {rate:0.0} addresses/s{left}; {counts.Mismatched + counts.Missing + counts.Extra} differ"));
            if (run.State == ReconciliationState.Done)
            {
                break;
            }

            await Task.Delay(s_look, TimeProvider.System, cancellationToken);
        }

        progress.End();
    }
}
