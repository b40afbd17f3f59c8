using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch status</c>: how far each chain has come, and what waits.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        Command command = new("status", "Shows for each chain how far it was read and confirmed, and how the outbox stands.");
        CliSession.Set(command, async (session, _, cancellationToken) =>
        {
            OutboxState outbox = await session.Store.ReadOutboxAsync(cancellationToken);
            CliTable table = new("chain", "kind", "height", "safe", "finalized", "watched", "back scans", "outbox pending", "outbox parked", "oldest event");
            foreach (Chain chain in session.Chains)
            {
                ScopeState state = await session.Store.LoadAsync(chain, 0, cancellationToken);
                table.Add(
                    chain.Name,
                    chain.Kind,
                    state.Cursor?.Height,
                    Known(state.Marks.Safe),
                    Known(state.Marks.Finalized),
                    await session.Store.CountAddressesAsync(chain, cancellationToken),
                    (await session.Store.ReadBackScansAsync(chain, cancellationToken)).Count,
                    outbox.Pending,
                    outbox.Parked,
                    outbox.OldestAt);
            }

            session.Output.Rows(table);
            return ExitCode.Fine;
        });
        return command;
    }

    private static long? Known(long height) => height < 0 ? null : height;
}
