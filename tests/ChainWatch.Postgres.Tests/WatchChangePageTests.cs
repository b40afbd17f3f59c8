using System.Buffers.Binary;

namespace ChainWatch.Postgres.Tests;

public sealed class WatchChangePageTests
{
    [Fact]
    public void Additions_and_removals_come_in_the_order_of_their_numbers_up_to_the_limit()
    {
        WatchChangePage added = Page(removed: false, 1, 4, 5, 9);
        WatchChangePage removed = Page(removed: true, 2, 7, 8);

        WatchChangePage page = WatchChangePage.Merge(added, removed, limit: 6);

        page.Select(static change => (change.Sequence, change.Removed)).ShouldBe([(1, false), (2, true), (4, false), (5, false), (7, true), (8, true)]);
        page.ShouldAllBe(static change => change.Key == Key(change.Sequence));
        WatchChangePage.Merge(Page(removed: false, 1, 2, 3), Page(removed: true), limit: 2).Select(static change => change.Sequence).ShouldBe([1, 2]);
        WatchChangePage.Merge(Page(removed: false), removed, limit: 2).Select(static change => change.Sequence).ShouldBe([2, 7]);
        Should.Throw<ArgumentOutOfRangeException>(() => page[6]);
    }

    [Fact]
    public void A_change_takes_no_more_memory_than_its_key_and_number()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        WatchChangePage page = new(20, 100_000);
        for (int number = 0; number < 100_000; number++)
        {
            page.Add(number, removed: false);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000 * 30);
        page.Count.ShouldBe(100_000);
    }

    private static WatchChangePage Page(bool removed, params long[] sequences)
    {
        WatchChangePage page = new(20, capacity: 0);
        foreach (long sequence in sequences)
        {
            Key(sequence).Bytes.CopyTo(page.Add(sequence, removed));
        }

        return page;
    }

    private static AddressKey Key(long sequence)
    {
        byte[] key = new byte[20];
        BinaryPrimitives.WriteInt64LittleEndian(key, sequence);
        return new AddressKey(key);
    }
}
