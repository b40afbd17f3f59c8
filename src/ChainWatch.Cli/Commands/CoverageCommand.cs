using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch coverage</c>: which blocks were read, through which endpoint, in which pass.</summary>
internal static class CoverageCommand
{
    public static Command Create()
    {
        Option<long> from = new("--from") { Description = "The first height. Default: 0.", DefaultValueFactory = static _ => 0 };
        Option<long> to = new("--to") { Description = "The last height. Default: all.", DefaultValueFactory = static _ => long.MaxValue };
        Command command = new("coverage", "Shows which blocks were read, through which endpoint, in which pass. Exits with 1 where the first pass has a gap within the range.")
        {
            CliOptions.Chain, from, to,
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            Chain chain = session.Chain(parsed.GetRequiredValue(CliOptions.Chain));
            CliTable table = new("from height", "to height", "pass", "endpoint");
            long? next = null;
            bool gap = false;
            foreach (CoverageRange range in await session.Store.ReadCoverageAsync(chain, parsed.GetValue(from), parsed.GetValue(to), cancellationToken))
            {
                table.Add(range.FromHeight, range.ToHeight, range.Pass, range.Endpoint);
                if (range.Pass == 1)
                {
                    gap |= next is { } expected && range.FromHeight != expected;
                    next = range.ToHeight + 1;
                }
            }

            session.Output.Rows(table);
            return gap ? ExitCode.Found : ExitCode.Fine;
        });
        return command;
    }
}
