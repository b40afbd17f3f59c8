using System.CommandLine;
using System.Globalization;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch audit list|verify</c>: what was done, by whom, and whether the record of it is as it was written.</summary>
internal static class AuditCommand
{
    public static Command Create() => new("audit", "Shows the audit log and proves that nobody changed it.") { CreateList(), CreateVerify() };

    private static Command CreateList()
    {
        Option<long> after = new("--after") { Description = "Only entries after this number. Default: 0.", DefaultValueFactory = static _ => 0 };
        Command command = new("list", "Lists entries of the audit log, oldest first.") { after, CliOptions.Limit };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            CliTable table = new("id", "at", "action", "entity", "actor", "details");
            int left = parsed.GetValue(CliOptions.Limit);
            await foreach (AuditEntry entry in session.Store.ReadAuditAsync(parsed.GetValue(after), cancellationToken))
            {
                if (left-- <= 0)
                {
                    break;
                }

                table.Add(entry.Id, entry.At, entry.Action, entry.Entity, entry.Actor, entry.Details);
            }

            session.Output.Rows(table);
            return ExitCode.Fine;
        });
        return command;
    }

    private static Command CreateVerify()
    {
        Option<string?> remembered = new("--remembered")
        {
            Description = "A head that was kept elsewhere, as id:hash. It proves that the log was not written anew, or cut off, as a whole. Keep the one that this command prints.",
        };
        Command command = new("verify", "Checks every entry of the audit log. Exits with 1, and names the first entry that is missing or changed, where there is one.") { remembered };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            AuditHead head = await session.Store.ReadAuditHeadAsync(cancellationToken);
            AuditVerdict verdict = await AuditVerification.VerifyAsync(session.Store.ReadAuditAsync(0, cancellationToken), head, ParseHead(parsed.GetValue(remembered)), cancellationToken);
            session.Output.One(
                ("intact", verdict.IsIntact),
                ("broken at", verdict.BrokenAt),
                ("problem", verdict.Problem),
                ("head", verdict.IsIntact ? string.Create(CultureInfo.InvariantCulture, $"{verdict.Head.Id}:{verdict.Head.Hash}") : null));
            return verdict.IsIntact ? ExitCode.Fine : ExitCode.Found;
        });
        return command;
    }

    private static AuditHead? ParseHead(string? text)
    {
        if (text is null)
        {
            return null;
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && long.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? new AuditHead(id, text[(colon + 1)..].ToLowerInvariant())
            : throw new ArgumentException($"--remembered: '{text}' is not of the form id:hash.", nameof(text));
    }
}
