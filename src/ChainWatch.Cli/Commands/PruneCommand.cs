using System.CommandLine;
using System.Globalization;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch prune</c>: lets go at once of what the configuration says may go.</summary>
internal static class PruneCommand
{
    public static Command Create()
    {
        Option<bool> dryRun = new("--dry-run") { Description = "Says what would go by its age, and changes nothing." };
        Option<RetentionPolicy?> policy = new("--policy") { Description = "Goes by this policy instead of the configured one: normal, aggressive or custom." };
        Option<int?> keep = new("--keep-blocks") { Description = "How many blocks below the newest final one stay, instead of the configured number." };
        Command command = new("prune", "Lets old block headers, ranges of coverage, steps of settled payments and reconciliations go, as ChainWatch:Retention says; the leader does the same by itself. Payments and watched addresses stay.")
        {
            CliOptions.Chain, dryRun, policy, keep,
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            ChainRegistration registration = session.Registration(parsed.GetRequiredValue(CliOptions.Chain));
            RetentionOptions options = session.Options.Retention;
            options.Policy = parsed.GetValue(policy) ?? options.Policy;
            options.KeepBlocks = parsed.GetValue(keep) ?? options.KeepBlocks;
            if (options.Policy == RetentionPolicy.Disabled)
            {
                throw new ArgumentException("ChainWatch:Retention:Policy is 'disabled', by which nothing may go; set it, or give --policy.", nameof(parsed));
            }

            Pruning pruning = new(registration, session.Store, options, TimeProvider.System);
            PruneResult result = parsed.GetValue(dryRun)
                ? await session.Store.PruneAsync(pruning.ByAge(term: null, await pruning.FloorAsync(cancellationToken)) with { DryRun = true }, cancellationToken)
                : await pruning.RunAsync(term: null, cancellationToken);
            if (!parsed.GetValue(dryRun))
            {
                await session.Store.AuditAsync(
                    "prune", registration.Chain.Name,
                    string.Create(CultureInfo.InvariantCulture, $"by policy {options.Policy.ToString().ToLowerInvariant()}: {result.Blocks} blocks, {result.Events} events, {result.Coverage} ranges of coverage, {result.Reconciliations} reconciliations"),
                    cancellationToken);
            }

            StoreSize size = await session.Store.ReadSizeAsync(cancellationToken);
            session.Output.One(
                ("pruned", !parsed.GetValue(dryRun)), ("blocks", result.Blocks), ("events", result.Events), ("coverage", result.Coverage), ("reconciliations", result.Reconciliations), ("used bytes", size.Used), ("allocated bytes", size.Allocated));
            return ExitCode.Fine;
        });
        return command;
    }
}
