using ChainWatch.Testing;

namespace ChainWatch.Blockbook.Tests;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reading_proving_and_matching_allocates_nothing_for_what_pays_nobody_watched(bool ethereum)
    {
        (long Small, long Large) read = (Read(ethereum, 20), Read(ethereum, 2000));

        // The block, its lists and its header are the same few objects for any number of transactions; tables that grow are rented.
        (read.Large - read.Small).ShouldBeLessThan(2000);
    }

    private static long Read(bool ethereum, int transactions)
    {
        WatchPlan plan = Pages.Plan(ethereum ? "ethereum" : "bitcoin-regtest");
        byte[] page = Pages.Bytes(Make(ethereum, transactions).ToPage(1, 10_000, 1));
        byte[] stranger = new byte[plan.Address.KeyLength];
        stranger[0] = 0x6a;
        AddressSet watched = AddressSet.Create(stranger.Length).Add([new AddressKey(stranger)]);
        HeldPayments held = new("coin", new LogRecorder().CreateLogger("test"));
        TransferList sink = new();
        long least = long.MaxValue;
        for (int round = 0; round < 30; round++)
        {
            ServerAnswer answer = new(page);
            long before = GC.GetAllocatedBytesForCurrentThread();
            BlockContent content = new(plan.Coin);
            content.Add(answer);
            using (PagedBlock block = new(content, "endpoint-1", plan, held))
            {
                block.Match(watched, sink);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        sink.Transfers.ShouldBeEmpty();
        return least;
    }

    private static ServedBlock Make(bool ethereum, int transactions)
    {
        if (ethereum)
        {
            EthereumChain accounts = new(0);
            accounts.Add([.. Enumerable.Range(0, transactions).Select(_ => (accounts.Transaction(EthereumChain.Alice, accounts.Bob, "5"), Array.Empty<string>()))]);
            return accounts.Blocks[^1];
        }

        BitcoinChain coins = new(0);
        coins.Add([.. Enumerable.Range(0, transactions).Select(static index => new[] { ((byte)index, (long)index + 1), ((byte)7, 5L) })]);
        return coins.Blocks[^1];
    }
}
