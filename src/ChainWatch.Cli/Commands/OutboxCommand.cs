using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch outbox list|replay</c>: deliveries that failed too often.</summary>
internal static class OutboxCommand
{
    public static Command Create() => new("outbox", "Shows parked deliveries and puts them back.") { CreateList(), CreateReplay() };

    private static Command CreateList()
    {
        Command command = new("list", "Lists the parked deliveries, oldest first: what the handler refused too often.") { CliOptions.Limit };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            CliTable table = new("sequence", "chain", "transaction", "ordinal", "kind", "attempts", "parked at", "error");
            foreach (ParkedDelivery parked in await session.Store.ReadParkedAsync(parsed.GetValue(CliOptions.Limit), cancellationToken))
            {
                Payment payment = parked.Event.Payment;
                table.Add(
                    parked.Event.Sequence, payment.Chain, payment.TransactionId, payment.Id.Ordinal, parked.Event.Kind.ToString().ToLowerInvariant(), parked.Attempts, parked.ParkedAt,
                    parked.Error);
            }

            session.Output.Rows(table);
            return ExitCode.Fine;
        });
        return command;
    }

    private static Command CreateReplay()
    {
        Argument<long> sequence = new("sequence") { Description = "The event's sequence, as 'outbox list' shows it." };
        Command command = new("replay", "Puts a parked delivery back, to be tried anew from its first attempt.") { sequence };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            bool replayed = await session.Store.ReplayAsync(parsed.GetValue(sequence), cancellationToken);
            session.Output.One(("replayed", replayed));
            return replayed ? ExitCode.Fine : ExitCode.Refused;
        });
        return command;
    }
}
