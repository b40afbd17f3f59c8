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
    public void A_page_is_the_bytes_it_was_made_of()
    {
        byte[] records = new byte[100_000 * WatchChangePage.RecordLength(20)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        WatchChangePage page = WatchChangePage.Merge(new WatchChangePage(20, records, removed: false), new WatchChangePage(20, [], removed: true), limit: 99_999);
        long changes = 0;
        for (int index = 0; index < page.Count; index++)
        {
            changes += page[index].Removed ? 0 : 1;
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000);
        changes.ShouldBe(99_999);
    }

    private static WatchChangePage Page(bool removed, params long[] sequences)
    {
        byte[] records = new byte[sequences.Length * WatchChangePage.RecordLength(20)];
        for (int index = 0; index < sequences.Length; index++)
        {
            Span<byte> record = records.AsSpan(index * WatchChangePage.RecordLength(20));
            BinaryPrimitives.WriteInt64BigEndian(record, sequences[index]);
            Key(sequences[index]).Bytes.CopyTo(record[sizeof(long)..]);
        }

        return new WatchChangePage(20, records, removed);
    }

    private static AddressKey Key(long sequence)
    {
        byte[] key = new byte[20];
        BinaryPrimitives.WriteInt64LittleEndian(key, sequence);
        return new AddressKey(key);
    }
}
