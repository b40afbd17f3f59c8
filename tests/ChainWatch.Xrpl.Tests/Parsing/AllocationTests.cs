using System.Text;
using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reading_and_matching_allocates_nothing_for_what_pays_nobody_watched(bool prove)
    {
        (long Small, long Large) read = (Read(prove, 20), Read(prove, 1000));

        // The ledger, its lists and its header are the same few objects for any number of transactions; tables that grow are rented.
        (read.Large - read.Small).ShouldBeLessThan(2000);
    }

    [Fact]
    public void Transactions_that_are_not_proved_have_the_same_ids()
    {
        byte[] json = Make(5);
        TransferList proved = new();
        TransferList unproved = new();

        Match(json, prove: true, Someone.Watch(Someone.Bob), proved);
        Match(json, prove: false, Someone.Watch(Someone.Bob), unproved);

        unproved.Transfers.Select(static transfer => transfer.TransactionId).Distinct().Count().ShouldBe(5);
        unproved.Transfers.Select(static transfer => transfer.TransactionId).ShouldBe(proved.Transfers.Select(static transfer => transfer.TransactionId));
    }

    private static long Read(bool prove, int transactions)
    {
        byte[] json = Make(transactions);
        AddressSet nobody = Someone.Watch(Someone.Account(200), Someone.Account(201));
        TransferList sink = new();
        long least = long.MaxValue;
        for (int round = 0; round < 30; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Match(json, prove, nobody, sink);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        sink.Transfers.ShouldBeEmpty();
        return least;
    }

    private static void Match(byte[] json, bool prove, AddressSet watched, TransferList sink)
    {
        using XrplLedger ledger = LedgerAnswer.ReadLedger(json, "alpha", Plans.All(), new HeldPayments("xrpl", new LogRecorder().CreateLogger("test")), prove);
        ledger.Match(watched, sink);
    }

    private static byte[] Make(int transactions) => Encoding.UTF8.GetBytes(ServedLedger.Make(
        80_000_000,
        parentHash: null,
        [.. Enumerable.Range(0, transactions).Select(static number =>
        {
            FakeTransaction made = FakeTransaction.Xrp(Someone.Alice, Someone.Bob, number + 1, (uint)number).Line(Someone.Alice, Someone.Issuer, (1_000_000_000_000_000, -10), (2_000_000_000_000_000, -10)).Token(Someone.Alice, 1, 2);
            made.Sequence = (uint)number;
            return made;
        })]).ToResult(transactions: true).ToJsonString());
}
