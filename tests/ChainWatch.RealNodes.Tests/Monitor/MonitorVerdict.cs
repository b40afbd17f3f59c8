using System.Globalization;
using System.Numerics;
using System.Text;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Compares what the monitor wrote with the chain, and with itself. Everything that is wrong is told at once.</summary>
internal static class MonitorVerdict
{
    private const int Told = 20;

    public static string FindFaults(MonitorRecords records, IReadOnlyList<ChainTransfer> truth, long firstHeight)
    {
        var faults = new StringBuilder();
        CompareWithChain(records.Payments, truth, faults);
        FoldEvents(records.Payments, records.Events, faults);
        CheckCoverage(records.Coverage, firstHeight, records.Cursor, faults);
        if (records.Blocks is { } blocks)
        {
            CheckLinks(blocks, records.Payments, firstHeight, faults);
        }

        if (records.Handled is { } handled)
        {
            Tell(faults, "the handler did not hear", records.Events.Except(handled));
            Tell(faults, "the handler heard twice, or what never was", handled.CountBy(one => one).Where(pair => pair.Value > 1).Select(pair => pair.Key).Concat(handled.Except(records.Events)));
            CompareBalances(records, faults);
        }

        return faults.ToString();
    }

    private static void CompareWithChain(IReadOnlyList<StoredPayment> payments, IReadOnlyList<ChainTransfer> truth, StringBuilder faults)
    {
        // Several equal payments in one transaction are several payments: compared with their number.
        var expected = truth.GroupBy(transfer => transfer).ToDictionary(group => group.Key, group => group.Count());
        var stored = payments.Where(payment => payment.Status != "retracted")
            .GroupBy(payment => new ChainTransfer(payment.TransactionId, payment.Address.ToLowerInvariant(), payment.Asset, payment.Amount, payment.Height, payment.BlockHash))
            .ToDictionary(group => group.Key, group => group.Count());
        Tell(faults, "lost", expected.Where(pair => stored.GetValueOrDefault(pair.Key) < pair.Value).Select(pair => pair.Key));
        Tell(faults, "not on the chain, or twice", stored.Where(pair => expected.GetValueOrDefault(pair.Key) < pair.Value).Select(pair => pair.Key));
    }

    /// <summary>What somebody knows who only heard the events must be what the table says.</summary>
    private static void FoldEvents(IReadOnlyList<StoredPayment> payments, IReadOnlyList<StoredEvent> events, StringBuilder faults)
    {
        var known = new Dictionary<(string, long), (string Status, long Height, string Hash)>();
        foreach (var one in events)
        {
            var id = (one.TransactionId, one.Ordinal);
            var before = known.TryGetValue(id, out var state) ? state.Status : null;
            var allowed = one.Kind switch
            {
                "detected" => before is null or "retracted",
                "confirmed" => before is "detected",
                "moved" or "retracted" => before is "detected" or "confirmed",
                _ => false,
            };
            if (!allowed)
            {
                Tell(faults, $"{one.Kind} after {before ?? "nothing"}", [one]);
            }
            else if (one.Kind is "confirmed" or "retracted" && (state.Height, state.Hash) != (one.Height, one.BlockHash))
            {
                // Only a detection or a move may say that it is somewhere else.
                Tell(faults, $"events fold to something else: {one.Kind} where it was not", [one]);
            }

            known[id] = (one.Kind switch { "moved" => before ?? "detected", var kind => kind }, one.Height, one.BlockHash);
        }

        var stored = payments.ToDictionary(payment => (payment.TransactionId, payment.Ordinal));
        Tell(faults, "in events only", known.Keys.Where(id => !stored.ContainsKey(id)));
        Tell(faults, "without any event", stored.Keys.Where(id => !known.ContainsKey(id)));
        Tell(faults, "events fold to something else", known
            .Where(pair => stored.TryGetValue(pair.Key, out var payment) && (payment.Status, payment.Height, payment.BlockHash) != pair.Value)
            .Select(pair => $"{pair.Value}, stored is {stored[pair.Key]}"));
    }

    /// <summary>What the application makes of the events is what the payments add up to.</summary>
    private static void CompareBalances(MonitorRecords records, StringBuilder faults)
    {
        static BigInteger Sum(IEnumerable<StoredPayment> payments, string status) =>
            payments.Where(payment => payment.Status == status).Aggregate(BigInteger.Zero, (sum, payment) => sum + payment.Amount);
        var expected = records.Payments.GroupBy(payment => (payment.Address, payment.Asset))
            .Select(group => new StoredBalance(group.Key.Address, group.Key.Asset, Sum(group, "detected"), Sum(group, "confirmed"))).ToList();
        Tell(faults, "balance is wrong", records.Balances.Except(expected));
        Tell(faults, "balance should be", expected.Except(records.Balances));
    }

    private static void CheckCoverage(IReadOnlyList<(long From, long To)> coverage, long firstHeight, long cursor, StringBuilder faults)
    {
        var next = firstHeight;
        foreach (var (from, to) in coverage)
        {
            if (from != next || to < from)
            {
                Tell(faults, "coverage has a gap or an overlap", [$"{from} to {to} after {next - 1}"]);
            }

            next = to + 1;
        }

        if (next != cursor + 1)
        {
            Tell(faults, "coverage does not end at the cursor", [$"{next - 1}, the cursor is {cursor}"]);
        }
    }

    private static void CheckLinks(IReadOnlyList<StoredBlock> blocks, IReadOnlyList<StoredPayment> payments, long firstHeight, StringBuilder faults)
    {
        Tell(faults, "block without its parent", blocks.Zip(blocks.Skip(1)).Where(pair => pair.Second.Height != pair.First.Height + 1 || pair.Second.ParentHash != pair.First.Hash).Select(pair => pair.Second));
        if (blocks.Count == 0 || blocks[0].Height != firstHeight)
        {
            Tell(faults, "the first block is missing", blocks.Take(1).Select(block => block.ToString()).DefaultIfEmpty("there is none"));
        }

        var hashes = blocks.Select(block => (block.Height, block.Hash)).ToHashSet();
        Tell(faults, "payment in a block that is not canonical", payments.Where(payment => payment.Status != "retracted" && !hashes.Contains((payment.Height, payment.BlockHash))));
    }

    private static void Tell<T>(StringBuilder faults, string what, IEnumerable<T> items)
    {
        var all = items.ToList();
        foreach (var item in all.Take(Told))
        {
            faults.Append(CultureInfo.InvariantCulture, $"{what}: {item}\n");
        }

        if (all.Count > Told)
        {
            faults.Append(CultureInfo.InvariantCulture, $"{what}: {all.Count - Told} more\n");
        }
    }
}
