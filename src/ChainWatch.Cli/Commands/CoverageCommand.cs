using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch coverage</c>: which blocks were read, when, through which endpoint, in which pass.</summary>
internal static class CoverageCommand
{
    private static readonly Option<long> s_from = new("--from") { Description = "The first height. Default: 0.", DefaultValueFactory = static _ => 0 };
    private static readonly Option<long> s_to = new("--to") { Description = "The last height. Default: all.", DefaultValueFactory = static _ => long.MaxValue };
    private static readonly Option<long?> s_block = new("--block") { Description = "One block: says when it was read." };
    private static readonly Option<string?> s_address = new("--address") { Description = "With --block: says whether it was read for this address, and exits with 1 where it was not." };

    public static Command Create()
    {
        Command command = new("coverage", "Shows which blocks were read, through which endpoint, in which pass. Exits with 1 where the first pass has a gap within the range.")
        {
            CliOptions.Chain, s_from, s_to, s_block, s_address,
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            Chain chain = session.Chain(parsed.GetRequiredValue(CliOptions.Chain));
            return (parsed.GetValue(s_block), parsed.GetValue(s_address)) switch
            {
                (null, null) => await RangesAsync(session, chain, parsed, cancellationToken),
                ({ } height, var address) => await BlockAsync(session, chain, height, address, cancellationToken),
                _ => throw new ArgumentException("--address says for whom --block was read: name the block too.", nameof(parsed)),
            };
        });
        return command;
    }

    private static async Task<int> RangesAsync(CliSession session, Chain chain, ParseResult parsed, CancellationToken cancellationToken)
    {
        CliTable table = new("from height", "to height", "pass", "endpoint");
        long? next = null;
        bool gap = false;
        foreach (CoverageRange range in await session.Store.ReadCoverageAsync(chain, parsed.GetValue(s_from), parsed.GetValue(s_to), cancellationToken))
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
    }

    private static async Task<int> BlockAsync(CliSession session, Chain chain, long height, string? address, CancellationToken cancellationToken)
    {
        // Of no address, the readings that were for all.
        AddressKey key = address is null ? default : chain.Format.ParseAddress(address);
        BlockCoverage coverage = await session.Store.ReadBlockCoverageAsync(chain, key, height, cancellationToken);
        CliTable table = new("block", "pass", "endpoint", "not before", "not after", "for the address");
        foreach (BlockReading reading in coverage.Readings)
        {
            table.Add(height, reading.Pass == BlockReading.BackScanPass ? "back-scan" : reading.Pass, reading.Endpoint, reading.NotBefore, reading.NotAfter, address is null ? null : coverage.ReadFor(reading));
        }

        session.Output.Rows(table);
        bool read = address is null ? coverage.Readings.Count > 0 : coverage.IsRead;
        if (!read)
        {
            await session.Errors.WriteLineAsync(Why(coverage, address));
        }

        return read ? ExitCode.Fine : ExitCode.Found;
    }

    private static string Why(BlockCoverage coverage, string? address) => address is null || coverage.Readings.Count == 0
        ? $"Block {coverage.Height} was not read."
        : coverage switch
        {
            { Address: null } => $"'{address}' is not watched.",
            { IsPending: true } => $"A back-scan has still to read block {coverage.Height} for '{address}'.",
            { Address.FromHeight: var from } when from > coverage.Height => $"For '{address}' blocks count from {from} on.",
            _ => $"Block {coverage.Height} was read before '{address}' was registered, and not again.",
        };
}
