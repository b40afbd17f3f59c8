using System.Buffers.Binary;

namespace ChainWatch.Tests;

public sealed class AddressSegmentTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(65_536)]
    public void Each_group_has_one_line_of_memory_to_itself(int capacity) =>
        Enumerable.Range(0, 9).Select(_ => new AddressSegment(20, capacity, depth: 0)).ShouldAllBe(static segment => segment.IsAligned);

    // The first bits of a hash after those that choose the segment decide the group: with all of them set the groups that overflow are the last, and then the first.
    [Theory]
    [InlineData(0UL, 20)]
    [InlineData(ulong.MaxValue, 20)]
    [InlineData(ulong.MaxValue, 16)]
    [InlineData(ulong.MaxValue, 32)]
    [InlineData(ulong.MaxValue, 57)]
    public void Keys_that_share_all_of_their_hash_are_found_and_told_apart(ulong hash, int keyLength)
    {
        AddressSegment segment = new(keyLength, 200, depth: 0);
        for (int number = 0; !segment.IsFull; number++)
        {
            segment.Add(Key(number, keyLength), hash, number);
        }

        for (int number = 0; number < segment.Count; number++)
        {
            segment.Find(Key(number, keyLength), hash, segment.Count, after: -1).ShouldBe(number);
            segment.Find(Key(number, keyLength), hash, number, after: -1).ShouldBe(-1);
        }

        segment.Find(Key(segment.Count, keyLength), hash, segment.Count, after: -1).ShouldBe(-1);
    }

    [Fact]
    public void The_first_look_says_nothing_where_it_does_not_know()
    {
        AddressSegment segment = new(20, 200, depth: 0);
        for (int number = 0; number < 40; number++)
        {
            segment.Add(Key(number, 20), hash: 0, number);
        }

        for (int number = 0; number < 40; number++)
        {
            bool known = segment.TryFind(Key(number, 20), 0, 40, out bool found);
            (known, found).ShouldBe(number == 0 ? (true, true) : (false, false));
        }

        segment.TryFind(Key(0, 20), 0, entries: 0, out bool young).ShouldBeFalse();
        young.ShouldBeFalse();
        // Another tag: one whose place in the next group is not ruled out, and one that would have left a trace.
        segment.TryFind(Key(41, 20), 0xFFFF0000, 40, out _).ShouldBeFalse();
        segment.TryFind(Key(41, 20), 0xFFFF0800, 40, out bool stranger).ShouldBeTrue();
        stranger.ShouldBeFalse();
    }

    [Fact]
    public void What_was_added_twice_is_found_under_the_lower_number_first_also_behind_the_last_group()
    {
        AddressSegment segment = new(20, 200, depth: 0);
        for (int number = 0; number < 100; number++)
        {
            segment.Add(Key(number % 50, 20), ulong.MaxValue, number);
        }

        for (int key = 0; key < 50; key++)
        {
            segment.Find(Key(key, 20), ulong.MaxValue, 100, after: -1).ShouldBe(key);
            segment.Find(Key(key, 20), ulong.MaxValue, 100, after: key).ShouldBe(key + 50);
        }

        int first = segment.FirstSlot;
        List<int> met = [];
        for (int step = 0; step < segment.Slots; step++)
        {
            if (segment.TryGet((first + step) % segment.Slots, out _, out int number))
            {
                met.Add(number);
            }
        }

        met.ShouldBe(Enumerable.Range(0, 100));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(57)]
    public void Keys_that_differ_little_spread_like_any_others(int keyLength)
    {
        byte[] key = new byte[keyLength];
        new Random(keyLength).NextBytes(key);
        byte[] original = [.. key];
        // The bits that choose the segment, the group, the tag and its place among the overflowed.
        foreach ((int shift, int bits) in new[] { (52, 12), (32, 12), (24, 8), (16, 8), (11, 5) })
        {
            int buckets = 1 << Math.Min(bits, keyLength == 1 ? 2 : 12);
            int count = keyLength == 1 ? 256 : buckets * 64;
            foreach (int at in keyLength < 4 ? [0] : new[] { 0, (keyLength - 4) / 2, keyLength - 4 })
            {
                foreach (bool back in new[] { false, true })
                {
                    int[] hits = new int[buckets];
                    for (int number = 0; number < count; number++)
                    {
                        original.CopyTo(key, 0);
                        if (keyLength < 4)
                        {
                            key[0] = (byte)number;
                        }
                        else if (back)
                        {
                            BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(at), number);
                        }
                        else
                        {
                            BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(at), number);
                        }

                        hits[(AddressTable.Hash(key) >> (shift + bits - int.Log2(buckets))) & (ulong)(buckets - 1)]++;
                    }

                    // Eight times the standard deviation of what chance would do.
                    hits.Max().ShouldBeLessThan(64 + (8 * 8), $"bits from {shift}, number at {at}, back: {back}");
                }
            }
        }
    }

    private static byte[] Key(int number, int keyLength)
    {
        byte[] key = new byte[keyLength];
        BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(keyLength / 2), number);
        return key;
    }
}
