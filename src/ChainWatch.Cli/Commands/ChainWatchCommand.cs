using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch</c>: all of its commands.</summary>
internal static class ChainWatchCommand
{
    public static RootCommand Create() => new("Looks after the records of ChainWatch: what is watched, what was found, whether it is right, and who did what.")
    {
        CliOptions.Config,
        CliOptions.Json,
        CliOptions.Actor,
        StatusCommand.Create(),
        WatchCommand.Create(),
        PaymentsCommand.Create(),
        DigestCommand.Create(),
        CoverageCommand.Create(),
        OutboxCommand.Create(),
        AuditCommand.Create(),
        PruneCommand.Create(),
        ReconcileCommand.Create(),
        VerifyBalancesCommand.Create(),
        RebuildCommand.Create(),
        KeysCommand.Create(),
    };
}
