using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch payments</c>: the newest payments of a chain.</summary>
internal static class PaymentsCommand
{
    public static Command Create()
    {
        Command command = new("payments", "Lists the newest payments of a chain, newest block first.") { CliOptions.Chain, CliOptions.Limit };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            Chain chain = session.Chain(parsed.GetRequiredValue(CliOptions.Chain));
            CliTable table = new("block height", "transaction", "ordinal", "address", "asset", "amount", "tag", "status", "reference", "detected at", "confirmed at");
            foreach (Payment payment in await session.Store.ReadPaymentsAsync(chain, parsed.GetValue(CliOptions.Limit), cancellationToken))
            {
                table.Add(
                    payment.Block.Height, payment.TransactionId, payment.Id.Ordinal, payment.Address, payment.Asset, payment.Amount, payment.Tag,
                    payment.Status.ToString().ToLowerInvariant(), payment.Reference, payment.DetectedAt, payment.ConfirmedAt);
            }

            session.Output.Rows(table);
            return ExitCode.Fine;
        });
        return command;
    }
}
