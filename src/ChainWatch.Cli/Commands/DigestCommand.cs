using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch digest</c>: what the payments of a range of blocks come to, and where they differ from those of another schema or database.</summary>
internal static class DigestCommand
{
    private static readonly Option<long> s_from = new("--from") { Description = "The first height. Default: 0.", DefaultValueFactory = static _ => 0 };
    private static readonly Option<long?> s_to = new("--to") { Description = "The last height. Default: the newest block that is final in both, since what is above it may still change." };
    private static readonly Option<string?> s_against = new("--against") { Description = "Another schema of the same database, to compare with: the same as 'digest compare --schema'." };
    private static readonly Option<string?> s_schema = new("--schema") { Description = "The other schema: a rebuilt one, or a copy. Default: the one that the other configuration names." };
    private static readonly Option<FileInfo?> s_config = new("--with-config")
    {
        Description = $"The configuration file of another host: its database is compared with, a replica or a restored backup. Environment variables for it begin with {CliOptions.TherePrefix} ({CliOptions.TherePrefix}ChainWatch__...).",
    };

    public static Command Create()
    {
        Command command = new("digest", "Computes the digest of a chain's payments; with --against it finds the blocks that differ, and exits with 1 where there are any.")
        {
            CliOptions.Chain, s_from, s_to, s_against, CliOptions.Limit, CreateCompare(),
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            Chain chain = session.Chain(parsed.GetRequiredValue(CliOptions.Chain));
            if (parsed.GetValue(s_against) is { } schema)
            {
                using CliSession other = session.There(file: null, schema, parsed);
                return await CompareAsync(session, other, chain, parsed, cancellationToken);
            }

            (long first, long last) = Range(parsed, await FinalAsync(session, chain, cancellationToken));
            PaymentDigest digest = (await session.Store.ReadDigestsAsync(chain, first, last, 1, cancellationToken))[0].Digest;
            session.Output.One(("from height", first), ("to height", last), ("payments", digest.Payments), ("confirmed", digest.Confirmed), ("digest", digest.ToString()));
            return ExitCode.Fine;
        });
        return command;
    }

    private static Command CreateCompare()
    {
        Command command = new(
            "compare",
            "Compares the payments of two databases or schemas by ever smaller ranges, and names the blocks that differ; exits with 1 where there are any. Live, rebuilt and replica must be equal.")
        {
            CliOptions.Chain, s_config, s_schema, s_from, s_to, CliOptions.Limit,
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            if (parsed.GetValue(s_config) is null && parsed.GetValue(s_schema) is null)
            {
                throw new ArgumentException("Say what to compare with: --with-config, --schema, or both.", nameof(parsed));
            }

            using CliSession other = session.There(parsed.GetValue(s_config), parsed.GetValue(s_schema), parsed);
            return await CompareAsync(session, other, session.Chain(parsed.GetRequiredValue(CliOptions.Chain)), parsed, cancellationToken);
        });
        return command;
    }

    private static async Task<int> CompareAsync(CliSession session, CliSession other, Chain chain, ParseResult parsed, CancellationToken cancellationToken)
    {
        (long first, long last) = Range(parsed, Math.Min(await FinalAsync(session, chain, cancellationToken), await FinalAsync(other, chain, cancellationToken)));
        CliTable table = new("height", "payments here", "payments there", "digest here", "digest there");
        foreach (DigestDifference one in await DigestComparison.FindAsync(session.Store, other.Store, chain, first, last, parsed.GetValue(CliOptions.Limit), cancellationToken))
        {
            table.Add(one.Height, one.Left.Payments, one.Right.Payments, one.Left.ToString(), one.Right.ToString());
        }

        session.Output.Rows(table);
        return table.Rows.Count > 0 ? ExitCode.Found : ExitCode.Fine;
    }

    private static async ValueTask<long> FinalAsync(CliSession session, Chain chain, CancellationToken cancellationToken) =>
        (await session.Store.LoadAsync(chain, 0, cancellationToken)).Marks.Finalized;

    private static (long First, long Last) Range(ParseResult parsed, long final)
    {
        long first = parsed.GetValue(s_from);
        long last = parsed.GetValue(s_to) ?? final;
        return last >= first ? (first, last) : throw new ArgumentException($"There is no block from {first} to {last}; name a range with --from and --to.", nameof(parsed));
    }
}
