using System.CommandLine;
using System.Globalization;
using ChainWatch.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch rebuild</c>: reads a chain anew beside the live system, says what differs, and takes it over where that is wanted.</summary>
internal static class RebuildCommand
{
    private static readonly Option<long?> s_fromHeight = new("--from-height") { Description = "The first block to read." };
    private static readonly Option<DateTimeOffset?> s_fromDate = new("--from-date") { Description = "Begins with the blocks of this time (2026-11-01, or 2026-11-01T12:00Z); without a zone it is UTC." };
    private static readonly Option<double?> s_days = new("--days") { Description = "Begins with the blocks of so many days ago." };
    private static readonly Option<string?> s_schema = new("--schema") { Description = "The schema to rebuild into, in the same database. Default: the live one's name with _rebuild behind it." };
    private static readonly Option<bool> s_resume = new("--resume") { Description = "Goes on with an interrupted rebuild from the same first block instead of beginning anew." };
    private static readonly Option<bool> s_switch = new("--switch") { Description = "Takes over what differs, in one transaction, when the rebuild is done; the schema is dropped then." };
    private static readonly Option<RedeliveryMode> s_deliver = new("--deliver")
    {
        Description = "With --switch: what the application is told of. Differences: payments that are not as they were recorded. Nothing. Everything: also all other payments of these blocks once more.",
        DefaultValueFactory = static _ => RedeliveryMode.Differences,
    };

    private static readonly Option<bool> s_deliverAgain = new("--deliver-again") { Description = "The same as --deliver everything." };
    private static readonly Option<bool> s_retract = new("--retract")
    {
        Description = "With --switch: also retracts recorded payments that this reading did not find. That one endpoint does not tell of a payment is no proof: give it where Integrity proves blocks, or other endpoints were asked.",
    };

    private static readonly Option<TimeSpan> s_hold = new("--hold")
    {
        Description = "With --switch: how long it may hold up the live system's commits, as 00:01:00. What takes longer is taken back, tried twice more, and given up with nothing changed; --resume keeps what was read.",
        DefaultValueFactory = static _ => TimeSpan.FromSeconds(30),
    };

    private static readonly Option<double?> s_rate = new("--requests-per-second") { Description = "What each endpoint is asked at most. Default: half of what the configuration lets the host ask, where it says." };

    public static Command Create()
    {
        Command command = new(
            "rebuild",
            "Reads a chain anew into a second schema beside the live system, compares the payments, and exits with 1 where they differ and are not taken over. Watched addresses, references and the application's tables are left alone.")
        {
            CliOptions.Chain, s_fromHeight, s_fromDate, s_days, s_schema, s_resume, s_switch, s_deliver, s_deliverAgain, s_retract, s_hold, s_rate, CliOptions.Limit,
        };
        CliSession.Set(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        using CliSession slow = session.With(Throttled(session, parsed), parsed);
        ChainRegistration registration = slow.Registration(parsed.GetRequiredValue(CliOptions.Chain));
        Chain chain = registration.Chain;
        await using NpgsqlDataSource database = session.OpenDatabase(out string live);
        TimeSpan hold = parsed.GetValue(s_hold);
        if (hold <= TimeSpan.Zero || hold > TimeSpan.FromHours(1))
        {
            throw new ArgumentException("--hold must be more than nothing, and at most an hour.", nameof(parsed));
        }

        PostgresRebuild rebuild = new(database, live, parsed.GetValue(s_schema) ?? $"{live}_rebuild", TimeSpan.FromSeconds(30), TimeProvider.System) { HoldLimit = hold };
        long from = await FromHeightAsync(registration, parsed, cancellationToken);
        await rebuild.PrepareAsync(parsed.GetValue(s_resume), cancellationToken);
        await session.Store.AuditAsync("rebuild", chain.Name, string.Create(CultureInfo.InvariantCulture, $"from block {from} on, beside the live records"), cancellationToken);
        await ReadAsync(session, registration, rebuild, from, cancellationToken);
        RebuildComparison found = await rebuild.CompareAsync(chain, from, parsed.GetValue(CliOptions.Limit), cancellationToken);
        PaymentDigest before = await DigestAsync(session.Store, chain, found, cancellationToken);
        PaymentDigest rebuilt = await DigestAsync(rebuild.Store, chain, found, cancellationToken);
        bool switched = parsed.GetValue(s_switch);
        if (switched)
        {
            RedeliveryMode mode = parsed.GetValue(s_deliverAgain) ? RedeliveryMode.Everything : parsed.GetValue(s_deliver);
            found = await rebuild.SwitchAsync(chain, from, mode, parsed.GetValue(s_retract), parsed.GetValue(CliOptions.Limit), cancellationToken);
            await rebuild.DropAsync(cancellationToken);
        }

        session.Output.One(
            ("from height", found.FromHeight), ("to height", found.ToHeight), ("payments", found.Payments), ("digest recorded", before.ToString()), ("digest rebuilt", rebuilt.ToString()),
            ("equal", before.ToString() == rebuilt.ToString() && found.Differing == 0), ("differing", found.Differing), ("extra", found.Extra), ("switched", switched),
            ("differences", string.Join("; ", found.Differences.Select(Describe))));
        bool left = !switched || (!parsed.GetValue(s_retract) && found.Extra > 0);
        return found.Differing == 0 || !left ? ExitCode.Fine : ExitCode.Found;
    }

    private static async Task ReadAsync(CliSession session, ChainRegistration registration, PostgresRebuild rebuild, long from, CancellationToken cancellationToken)
    {
        CliProgress progress = new(session.Errors, TimeProvider.System);
        ChainRebuild reading = new(registration, session.Store, rebuild.Store, TimeProvider.System, NullLogger.Instance)
        {
            Progress = now => progress.Tell(now.Done, string.Create(
                CultureInfo.InvariantCulture,
                $"block {now.Height} of {now.ToHeight}, {now.BlocksPerSecond:0} blocks/s{(now.Left is { } left ? $", {left:hh\\:mm\\:ss} left" : "")}{(now.Trouble is { } trouble ? $" ({trouble})" : "")}")),
        };
        await reading.RunAsync(from, cancellationToken);
        progress.End();
    }

    private static async ValueTask<PaymentDigest> DigestAsync(IWatchStore store, Chain chain, RebuildComparison range, CancellationToken cancellationToken) =>
        (await store.ReadDigestsAsync(chain, range.FromHeight, range.ToHeight, 1, cancellationToken))[0].Digest;

    private static string Describe(RebuildDifference one)
    {
        Payment payment = (one.Rebuilt ?? one.Recorded)!;
        return string.Create(CultureInfo.InvariantCulture, $"{one.Kind} in block {payment.Block.Height}: {payment.TransactionId}/{payment.Id.Ordinal} {Amount(one.Recorded)} recorded, {Amount(one.Rebuilt)} on the chain");
    }

    private static string Amount(Payment? payment) => payment is null ? "nothing" : $"{payment.Amount} {payment.Asset} to {payment.Address}";

    private static async Task<long> FromHeightAsync(ChainRegistration registration, ParseResult parsed, CancellationToken cancellationToken)
    {
        DateTimeOffset? time = parsed.GetValue(s_fromDate) ?? (parsed.GetValue(s_days) is { } days and > 0 ? TimeProvider.System.GetUtcNow().AddDays(-days) : null);
        int given = new object?[] { parsed.GetValue(s_fromHeight), parsed.GetValue(s_fromDate), parsed.GetValue(s_days) }.Count(static one => one is not null);
        if (given != 1 || parsed.GetValue(s_fromHeight) is < 0 || (parsed.GetValue(s_fromHeight) is null && time is null))
        {
            throw new ArgumentException("Say where to begin, by one of --from-height (0 or more), --from-date and --days (more than 0).", nameof(parsed));
        }

        if (parsed.GetValue(s_fromHeight) is { } height)
        {
            return height;
        }

        return registration.Reader is { } reader
            ? await BlockTimes.FindHeightAsync(reader, time!.Value, cancellationToken)
            : throw new ArgumentException($"Blocks of chain '{registration.Chain.Name}' cannot be asked for one by one; give --from-height.", nameof(parsed));
    }

    /// <summary>The endpoints' limits for a process beside the host, which shares them with it and must leave it the larger part.</summary>
    private static List<KeyValuePair<string, string?>> Throttled(CliSession session, ParseResult parsed)
    {
        List<KeyValuePair<string, string?>> settings = [];
        IConfigurationSection endpoints = session.Configuration.GetSection($"ChainWatch:Chains:{parsed.GetRequiredValue(CliOptions.Chain)}:Endpoints");
        foreach (IConfigurationSection endpoint in endpoints.GetChildren())
        {
            double? configured = double.TryParse(endpoint["RequestsPerSecond"], NumberStyles.Float, CultureInfo.InvariantCulture, out double limit) ? limit / 2 : null;
            if ((parsed.GetValue(s_rate) ?? configured) is { } rate)
            {
                settings.Add(new($"{endpoint.Path}:RequestsPerSecond", rate.ToString(CultureInfo.InvariantCulture)));
            }
        }

        return settings;
    }
}
