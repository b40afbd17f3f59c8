using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch watch add|list|remove</c>: the watched addresses.</summary>
internal static class WatchCommand
{
    public static Command Create() => new("watch", "Registers, lists and removes watched addresses.") { CreateAdd(), CreateList(), CreateRemove() };

    private static Command CreateAdd()
    {
        Argument<string> address = new("address") { Description = "The address, in any spelling that the chain allows." };
        Option<string?> reference = new("--reference") { Description = "What the address stands for, as type:id (order:1042)." };
        Option<long?> since = new("--since") { Description = "The height from which payments count. Blocks read before are read again by the leader; the command waits for that. Default: the next block." };
        Command command = new("add", "Watches an address.") { CliOptions.Chain, address, reference, since };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            string chain = parsed.GetRequiredValue(CliOptions.Chain);
            string text = parsed.GetRequiredValue(address);
            PaymentReference? stands = ParseReference(parsed.GetValue(reference));
            bool added = parsed.GetValue(since) is { } height
                ? await session.Watchlist.AddAsync(chain, text, stands, height, cancellationToken)
                : await session.Watchlist.AddAsync(chain, text, stands, cancellationToken);
            WatchedAddress watched = (await session.Watchlist.FindAsync(chain, text, cancellationToken))!;
            session.Output.One(("address", watched.Address), ("added", added), ("reference", watched.Reference), ("from height", watched.FromHeight), ("added at", watched.AddedAt));
            return ExitCode.Fine;
        });
        return command;
    }

    private static Command CreateList()
    {
        Command command = new("list", "Lists watched addresses, in the order of their registration.") { CliOptions.Chain, CliOptions.Limit };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            CliTable table = new("address", "reference", "from height", "added at");
            int left = parsed.GetValue(CliOptions.Limit);
            await foreach (WatchedAddress watched in session.Watchlist.ListAsync(parsed.GetRequiredValue(CliOptions.Chain), cancellationToken))
            {
                if (left-- <= 0)
                {
                    break;
                }

                table.Add(watched.Address, watched.Reference, watched.FromHeight, watched.AddedAt);
            }

            session.Output.Rows(table);
            return ExitCode.Fine;
        });
        return command;
    }

    private static Command CreateRemove()
    {
        Argument<string> address = new("address") { Description = "The address." };
        Command command = new("remove", "Ends the watching of an address. Payments found so far stay.") { CliOptions.Chain, address };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            bool removed = await session.Watchlist.RemoveAsync(parsed.GetRequiredValue(CliOptions.Chain), parsed.GetRequiredValue(address), cancellationToken);
            session.Output.One(("removed", removed));
            return ExitCode.Fine;
        });
        return command;
    }

    private static PaymentReference? ParseReference(string? text)
    {
        if (text is null)
        {
            return null;
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? PaymentReference.For(text[..colon], text[(colon + 1)..])
            : throw new ArgumentException($"--reference: '{text}' is not of the form type:id, as in order:1042.", nameof(text));
    }
}
