using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>
/// The fast way of reading answers against the slow one, which is built on <see cref="Utf8JsonReader"/>: over mutated and respelled answers the fast one says the same, or
/// leaves it to the slow one. Seeded: a failure names the seed.
/// </summary>
public sealed class ScanFuzzTests
{
    private const int Normal = 10_000;
    private const int Long = 400_000;

    private static readonly EvmAddress Usdc = new(Bench.Key(Bench.Usdc).Bytes);

    private static WatchPlan Plan { get; } = new(
        new Asset { Symbol = "ETH", Decimals = 18 },
        [(Usdc, new Asset { Symbol = "USDC", Decimals = 6 })],
        internalTransfers: false,
        withdrawals: true);

    private static AddressSet Watched { get; } = Bench.SetOf([.. Enumerable.Range(0, 3).Select(FakeChain.Address)]);

    [Fact]
    public void A_mutated_block_reads_the_same_or_is_left_to_the_slow_way() => Fuzz("eth_getBlockBy", static chain => chain.Head.ToJson(full: true), (random, answer, _) =>
    {
        WatchPlan? plan = random.Next(8) == 0 ? null : Plan;
        AddressSet? watched = random.Next(2) == 0 ? Watched : null;
        using BlockData fast = new() { Endpoint = "fast", Watched = watched };
        bool taken = BlockScan.TryRead(answer, fast, plan);
        using BlockData? slow = Slowly(() => BlockParser.ReadWithCare(answer, "slow", plan, watched));
        return Judge(taken, slow is not null, () => Difference(fast, slow!));
    });

    [Fact]
    public void Mutated_receipts_read_the_same_or_are_left_to_the_slow_way() => Fuzz("eth_getBlockReceipts", static chain => chain.Head.ReceiptsJson(), (random, answer, block) =>
    {
        EvmChecks skipped = (EvmChecks)random.Next(8);
        AddressSet? watched = random.Next(2) == 0 ? Watched : null;
        using BlockData fast = Copy(block, watched);
        using BlockData slow = Copy(block, watched);
        using BlockData before = Copy(block, watched);
        bool taken = ReceiptScan.TryReadAll(answer, fast, Plan, skipped);
        bool read = Slowly(() => { ReceiptParser.ReadAllWithCare(answer, slow, Plan, skipped); return slow; }) is not null;
        return Judge(taken, read, () => Difference(fast, slow)) ?? (taken ? null : Difference(fast, before));
    });

    [Fact]
    public void Mutated_logs_of_a_range_read_the_same_or_are_left_to_the_slow_way() => Fuzz("eth_getLogs", static chain => new JsonArray([.. chain.Canonical.Skip(1).SelectMany(static one => one.LogsJson())]), (random, answer, block) =>
    {
        AddressSet? watched = random.Next(2) == 0 ? Watched : null;
        List<BlockData> fast = [Copy(block, watched)];
        List<BlockData> slow = [Copy(block, watched)];
        List<BlockData> before = [Copy(block, watched)];
        (long, long) range = (block.Point.Height, block.Point.Height + random.Next(2));
        bool taken = RangeLogs.TryScan(answer, range, fast, Plan, out RangeLogs.Found found);
        RangeLogs.Found slowFound = default;
        bool read = Slowly(() => { slowFound = RangeLogs.ReadWithCare(answer, range, slow, Plan); return slow; }) is not null;
        return Judge(taken, read, () => found == slowFound ? Difference(fast[0], slow[0]) : $"{found} against {slowFound}") ?? (taken ? null : Difference(fast[0], before[0]));
    });

    private delegate string? Comparison(Random random, byte[] answer, BlockData block);

    /// <summary>Runs a comparison over respelled answers, which must be read, and mutated ones.</summary>
    private static void Fuzz(string method, Func<FakeChain, JsonNode> told, Comparison compare)
    {
        bool isLong = Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1";
        int seed = int.TryParse(Environment.GetEnvironmentVariable("CHAINWATCH_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}: CHAINWATCH_SEED={seed} draws the same answers again");
        Random random = new(seed);
        FakeChain chain = Chain(random);
        JsonNode answer = told(chain);
        byte[] blockJson = Encoding.UTF8.GetBytes(chain.Head.ToJson(full: true).ToJsonString());
        BlockData block = BlockParser.ReadWithCare(blockJson, "block", Plan, watched: null);
        block.Movements.GoBack(0, 0);
        List<byte[]> recorded = [.. VectorFiles.ResultsIfThere("execution-apis-tests", method)];
        s_taken = 0;
        s_read = 0;
        int count = isLong ? Long : Normal;
        for (int run = 0; run < count; run++)
        {
            byte[] spelled;
            if (recorded.Count > 0 && run % 4 == 0)
            {
                spelled = recorded[random.Next(recorded.Count)];
            }
            else
            {
                spelled = new Respeller(random) { Escapes = random.Next(4) == 0 }.Write(answer);
            }

            byte[] mutated = run % 3 == 0 ? spelled : Mutator.Mutate(random, spelled);
            if (compare(random, mutated, block) is { } difference)
            {
                Assert.Fail($"seed {seed}, answer {run}: {difference}\n{Encoding.Latin1.GetString(mutated)}");
            }
        }

        // A fast way that takes nothing would differ from nothing.
        TestContext.Current.TestOutputHelper!.WriteLine($"{s_read} of {count} could be read, {s_taken} of them the fast way");
        s_taken.ShouldBeGreaterThan(count / 8);
        ((double)s_taken / s_read).ShouldBeGreaterThan(0.5);
    }

    [ThreadStatic]
    private static int s_taken;

    [ThreadStatic]
    private static int s_read;

    private static string? Judge(bool taken, bool read, Func<string?> difference)
    {
        s_taken += taken ? 1 : 0;
        s_read += read ? 1 : 0;
        return !taken ? null : read ? difference() : "the fast way read what the slow way refuses";
    }

    private static T? Slowly<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is JsonException or AnswerFormatException or EndpointException)
        {
            return null;
        }
    }

    private static FakeChain Chain(Random random)
    {
        FakeChain chain = new();
        List<FakeTransaction> transactions = [];
        for (int index = 0; index < 5; index++)
        {
            FakeTransaction pay = chain.Pay(FakeChain.Address(index), random.Next(3) * 1000L, FakeChain.Address(random.Next(4)));
            FakeTransaction token = chain.PayToken(Bench.Usdc, FakeChain.Address(index), random.Next(5), FakeChain.Address(random.Next(4)));
            transactions.Add(pay);
            transactions.Add(token);
        }

        transactions.Add(new FakeTransaction { Hash = chain.NextHash(), From = FakeChain.Address(1), Value = 5, Nonce = 130, Created = FakeChain.Address(2) });
        transactions.Add(new FakeTransaction { Hash = chain.NextHash(), From = FakeChain.Address(1), To = FakeChain.Address(2), Value = 6, Succeeds = false });
        transactions.Add(new FakeTransaction
        {
            Hash = chain.NextHash(),
            From = FakeChain.Address(1),
            To = FakeChain.Address(2),
            Value = 7,
            Logs =
            [
                FakeLog.Transfer(NativeLogs.Emitter.ToString(), FakeChain.Address(1), FakeChain.Address(2), 7),
                FakeLog.Transfer(NativeLogs.Emitter.ToString(), FakeChain.Address(2), FakeChain.Address(0), 3),
                new FakeLog(Bench.Usdc, [FakeLog.TransferTopic], "0x"),
                new FakeLog(Bench.Usdc, [], "0x" + new string('1', 400)),
            ],
        });
        chain.Mine([.. transactions], (7, FakeChain.Address(0), 12), (8, FakeChain.Address(9), 13), (9, FakeChain.Address(9), 0));
        return chain;
    }

    private static BlockData Copy(BlockData block, AddressSet? watched)
    {
        BlockData copy = new() { Endpoint = block.Endpoint, Watched = watched, Point = block.Point, ParentHash = block.ParentHash, HasBloom = block.HasBloom, Bloom = block.Bloom, HasBodies = block.HasBodies };
        foreach (ref readonly TransactionData transaction in block.Transactions)
        {
            copy.Add() = transaction;
        }

        return copy;
    }

    private static string? Difference(BlockData left, BlockData right)
    {
        if (left.Point != right.Point || left.ParentHash != right.ParentHash || left.Timestamp != right.Timestamp || left.HasBloom != right.HasBloom || !left.Bloom.SameAs(right.Bloom) ||
            left.HasBodies != right.HasBodies || left.LogsSeen != right.LogsSeen || left.NeedsReceipts != right.NeedsReceipts)
        {
            return "the headers differ";
        }

        if (left.TransactionCount != right.TransactionCount)
        {
            return $"{left.TransactionCount} transactions against {right.TransactionCount}";
        }

        for (int index = 0; index < left.TransactionCount; index++)
        {
            TransactionData one = left.Transactions[index];
            TransactionData other = right.Transactions[index];
            if (one.Hash != other.Hash || one.Value != other.Value || one.From != other.From || one.To != other.To || one.GasLimit != other.GasLimit || one.HasFrom != other.HasFrom ||
                one.IsCreation != other.IsCreation || one.HasReceipt != other.HasReceipt || one.Succeeded != other.Succeeded || one.HasNativeLogs != other.HasNativeLogs)
            {
                return $"transaction {index} differs";
            }
        }

        left.Movements.Sort();
        right.Movements.Sort();
        if (left.Movements.Count != right.Movements.Count || left.Movements.OtherCount != right.Movements.OtherCount)
        {
            return $"{left.Movements.Count} movements and {left.Movements.OtherCount} to others against {right.Movements.Count} and {right.Movements.OtherCount}";
        }

        for (int index = 0; index < left.Movements.Count; index++)
        {
            Movement one = left.Movements[index];
            Movement other = right.Movements[index];
            if (one.TransactionId != other.TransactionId || one.Ordinal != other.Ordinal || one.Amount != other.Amount || one.To != other.To || one.From != other.From ||
                one.Asset != other.Asset || one.TransactionIndex != other.TransactionIndex || one.HasFrom != other.HasFrom || one.Proven != other.Proven)
            {
                return $"movement {index} differs";
            }
        }

        string[] others = [.. left.Movements.Others.ToArray().Select(static to => to.ToString()).Order(StringComparer.Ordinal)];
        return others.SequenceEqual(right.Movements.Others.ToArray().Select(static to => to.ToString()).Order(StringComparer.Ordinal)) ? null : "the receivers of other movements differ";
    }
}
