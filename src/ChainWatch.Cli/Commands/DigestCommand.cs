using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch digest</c>: what the payments of a range of blocks come to, and where they differ from those of another schema.</summary>
internal static class DigestCommand
{
    public static Command Create()
    {
        Option<long> from = new("--from") { Description = "The first height. Default: 0.", DefaultValueFactory = static _ => 0 };
        Option<long?> to = new("--to") { Description = "The last height. Default: the newest final block, since what is above it may still change." };
        Option<string?> against = new("--against") { Description = "Another schema of the same database, to compare with: a rebuilt one, or a copy." };
        Command command = new("digest", "Computes the digest of a chain's payments; with --against it finds the blocks that differ, and exits with 1 where there are any.")
        {
            CliOptions.Chain, from, to, against, CliOptions.Limit,
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            Chain chain = session.Chain(parsed.GetRequiredValue(CliOptions.Chain));
            long first = parsed.GetValue(from);
            long last = parsed.GetValue(to) ?? (await session.Store.LoadAsync(chain, 0, cancellationToken)).Marks.Finalized;
            if (last < first)
            {
                throw new ArgumentException($"There is no block from {first} to {last}; name a range with --from and --to.", nameof(parsed));
            }

            if (parsed.GetValue(against) is not { } schema)
            {
                PaymentDigest digest = (await session.Store.ReadDigestsAsync(chain, first, last, 1, cancellationToken))[0].Digest;
                session.Output.One(("from height", first), ("to height", last), ("payments", digest.Payments), ("confirmed", digest.Confirmed), ("digest", digest.ToString()));
                return ExitCode.Fine;
            }

            using CliSession other = session.InSchema(schema, parsed);
            CliTable table = new("height", "payments here", "payments there", "digest here", "digest there");
            foreach (DigestDifference one in await DigestComparison.FindAsync(session.Store, other.Store, chain, first, last, parsed.GetValue(CliOptions.Limit), cancellationToken))
            {
                table.Add(one.Height, one.Left.Payments, one.Right.Payments, one.Left.ToString(), one.Right.ToString());
            }

            session.Output.Rows(table);
            return table.Rows.Count > 0 ? ExitCode.Found : ExitCode.Fine;
        });
        return command;
    }
}
