using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;

namespace ChainWatch.Tests;

public sealed class AddressSetTests
{
    [Fact]
    public void An_older_snapshot_does_not_see_later_additions()
    {
        AddressSet empty = AddressSet.Create(20);
        AddressSet one = empty.Add([Key(1)]);
        AddressSet two = one.Add([Key(2)]);
        empty.Contains(Key(1).Bytes).ShouldBeFalse();
        one.Contains(Key(1).Bytes).ShouldBeTrue();
        one.Contains(Key(2).Bytes).ShouldBeFalse();
        two.Contains(Key(2).Bytes).ShouldBeTrue();
        (empty.Count, one.Count, two.Count).ShouldBe((0, 1, 2));
    }

    [Fact]
    public void Two_snapshots_that_grow_from_the_same_one_do_not_see_each_other()
    {
        AddressSet shared = AddressSet.Create(20).Add([Key(1)]);
        AddressSet left = shared.Add([Key(2)]);
        AddressSet right = shared.Add([Key(3)]);
        left.Contains(Key(3).Bytes).ShouldBeFalse();
        right.Contains(Key(2).Bytes).ShouldBeFalse();
        left.Contains(Key(2).Bytes).ShouldBeTrue();
        right.Contains(Key(3).Bytes).ShouldBeTrue();
    }

    [Fact]
    public void A_removed_address_is_gone_from_later_snapshots_only_and_can_come_back()
    {
        AddressSet added = Apply(AddressSet.Create(20), new WatchChange(1, Key(1), Removed: false));
        AddressSet removed = Apply(added, new WatchChange(2, Key(1), Removed: true));
        AddressSet again = Apply(removed, new WatchChange(3, Key(1), Removed: false));
        added.Contains(Key(1).Bytes).ShouldBeTrue();
        removed.Contains(Key(1).Bytes).ShouldBeFalse();
        again.Contains(Key(1).Bytes).ShouldBeTrue();
        (added.Count, removed.Count, again.Count).ShouldBe((1, 0, 1));
        again.Sequence.ShouldBe(3);
    }

    [Fact]
    public void Adding_an_address_twice_counts_it_once() => AddressSet.Create(20).Add([Key(1), Key(1)]).Add([Key(1)]).Count.ShouldBe(1);

    [Fact]
    public void What_changes_nothing_gives_the_same_snapshot()
    {
        AddressSet set = AddressSet.Create(20).Add([Key(1)]);

        set.Add([]).ShouldBeSameAs(set);
        set.Add([Key(1)]).ShouldBeSameAs(set);
        set.Apply(new WatchChanges { Changes = [], Sequence = set.Sequence, More = false }).ShouldBeSameAs(set);
        set.Apply(new WatchChanges { Changes = [], Sequence = set.Sequence + 1, More = false }).Sequence.ShouldBe(set.Sequence + 1);
    }

    [Fact]
    public void Bytes_of_another_length_are_in_no_set_and_cannot_be_added()
    {
        AddressSet set = AddressSet.Create(20).Add([Key(1)]);
        set.Contains(Key(1).Bytes[..19]).ShouldBeFalse();
        Should.Throw<ArgumentException>(() => set.Add([new AddressKey([1, 2, 3])]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(33)]
    [InlineData(40)]
    public void Behaves_like_a_set_for_any_history(int keyLength) =>
        Prop.ForAll(ArbMap.Default.ArbFor<(byte Address, bool Remove)[]>(), history =>
        {
            AddressSet set = AddressSet.Create(keyLength);
            HashSet<byte> model = [];
            List<(AddressSet Snapshot, HashSet<byte> Model)> snapshots = [];
            long sequence = 0;
            foreach ((byte address, bool remove) in history)
            {
                set = Apply(set, new WatchChange(++sequence, Key(address, keyLength), remove));
                _ = remove ? model.Remove(address) : model.Add(address);
                snapshots.Add((set, [.. model]));
            }

            foreach ((AddressSet snapshot, HashSet<byte> expected) in snapshots)
            {
                snapshot.Count.ShouldBe(expected.Count);
                for (int address = 0; address <= byte.MaxValue; address++)
                {
                    snapshot.Contains(Key((byte)address, keyLength).Bytes).ShouldBe(expected.Contains((byte)address));
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Holds_many_addresses_and_finds_just_these()
    {
        AddressSet set = AddressSet.Create(20).Add(Enumerable.Range(0, 100_000).Select(static n => Key(n)));
        set.Count.ShouldBe(100_000);
        Enumerable.Range(0, 100_000).All(n => set.Contains(Key(n).Bytes)).ShouldBeTrue();
        Enumerable.Range(100_000, 100_000).Any(n => set.Contains(Key(n).Bytes)).ShouldBeFalse();
    }

    [Fact]
    public void An_address_takes_at_most_thirty_bytes_however_many_there_are()
    {
        Random random = new(5);
        byte[] key = new byte[20];
        AddressSet grown = AddressSet.Create(20);
        while (grown.Count < 600_000)
        {
            // Few at a time: it grows by as little as it can, and each moment is looked at.
            grown = grown.Add([.. Enumerable.Range(0, 1_000).Select(_ =>
            {
                random.NextBytes(key);
                return new AddressKey(key);
            })]);
            if (grown.Count >= 100_000)
            {
                ((double)grown.Size / grown.Count).ShouldBeLessThanOrEqualTo(30, $"{grown.Count} addresses");
            }
        }

        AddressSet made = AddressSet.Create(20, 600_000).Add(grown.Keys);
        made.Count.ShouldBe(600_000);
        ((double)made.Size / made.Count).ShouldBeLessThanOrEqualTo(30);
        made.Keys.All(one => grown.Contains(one.Bytes)).ShouldBeTrue();
    }

    [Fact]
    public void Old_snapshots_stay_as_they_were_while_segments_grow_and_divide()
    {
        AddressSet old = AddressSet.Create(20).Add(Enumerable.Range(0, 60_000).Select(static n => Key(n)));
        AddressSet set = old;
        for (int from = 60_000; from < 300_000; from += 20_000)
        {
            set = set.Add(Enumerable.Range(from, 20_000).Select(static n => Key(n)));
        }

        set.Count.ShouldBe(300_000);
        Enumerable.Range(0, 300_000).All(n => set.Contains(Key(n).Bytes)).ShouldBeTrue();
        Enumerable.Range(0, 300_000).All(n => old.Contains(Key(n).Bytes) == n < 60_000).ShouldBeTrue();
        old.Keys.Count().ShouldBe(60_000);
        // Another branch from the old one sees its own additions only.
        AddressSet branch = old.Add([Key(400_000)]);
        branch.Count.ShouldBe(60_001);
        branch.Contains(Key(60_000).Bytes).ShouldBeFalse();
        branch.Contains(Key(400_000).Bytes).ShouldBeTrue();
        set.Contains(Key(400_000).Bytes).ShouldBeFalse();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    public void What_was_removed_and_added_again_is_found_by_old_and_new_snapshots_alike_however_the_table_grew(int keyLength)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            AddressSet set = AddressSet.Create(keyLength);
            HashSet<int> model = [];
            List<(AddressSet Set, HashSet<int> Model)> snapshots = [];
            for (int step = 1; step <= 120; step++)
            {
                // Half of them once and for all, so that it grows; the others again and again.
                int key = random.Next(2) == 0 ? 1000 + step : random.Next(6);
                bool remove = key < 1000 && model.Contains(key);
                _ = remove ? model.Remove(key) : model.Add(key);
                set = Apply(set, new WatchChange(step, KeyOf(key), Removed: remove));
                snapshots.Add((set, [.. model]));
            }

            foreach ((AddressSet one, HashSet<int> wanted) in snapshots)
            {
                one.Count.ShouldBe(wanted.Count);
                Enumerable.Range(0, 6).Concat(Enumerable.Range(1000, 121)).Where(key => one.Contains(KeyOf(key).Bytes)).ShouldBe(wanted.Order(), $"seed {seed}, sequence {one.Sequence}");
                one.Keys.Count().ShouldBe(wanted.Count);
            }
        }

        AddressKey KeyOf(int number)
        {
            byte[] bytes = new byte[keyLength];
            BinaryPrimitives.WriteInt16LittleEndian(bytes, (short)number);
            return new AddressKey(bytes);
        }
    }

    [Fact]
    public void A_lookup_allocates_nothing()
    {
        AddressSet set = AddressSet.Create(20).Add(Enumerable.Range(0, 1_000).Select(static n => Key(n)));
        AddressKey hit = Key(1);
        AddressKey miss = Key(1_000_000);
        set.Contains(hit.Bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool found = set.Contains(hit.Bytes);
        bool lost = set.Contains(miss.Bytes);
        long after = GC.GetAllocatedBytesForCurrentThread();
        (found, lost).ShouldBe((true, false));
        (after - before).ShouldBe(0);
    }

    [Fact]
    public void A_watchlist_of_many_pages_is_loaded_into_memory_that_is_taken_once()
    {
        WatchChanges[] pages = [.. Enumerable.Range(0, 10).Select(static page => new WatchChanges
        {
            // Every second number has no address any more.
            Changes = [.. Enumerable.Range(page * 20_000, 20_000).Select(static n => new WatchChange(2 * n + 2, Key(n), Removed: false))],
            Sequence = (page + 1) * 40_000,
            More = page < 9,
            Newest = 400_000,
        })];
        AddressSet set = AddressSet.Create(20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (WatchChanges page in pages)
        {
            set = set.Apply(page);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        set.Count.ShouldBe(200_000);
        Enumerable.Range(0, 200_000).All(n => set.Contains(Key(n).Bytes)).ShouldBeTrue();
        allocated.ShouldBeLessThan(200_000 * 31);
        set.Size.ShouldBeLessThanOrEqualTo(200_000 * 30);
    }

    [Fact]
    public void A_watchlist_of_more_pages_than_room_is_made_for_at_once_is_moved_a_few_times_only()
    {
        WatchChanges[] pages = [.. Enumerable.Range(0, 320).Select(static page => new WatchChanges
        {
            Changes = [.. Enumerable.Range(page * 500, 500).Select(static n => new WatchChange(n + 1, Key(n), Removed: false))],
            Sequence = (page + 1) * 500,
            More = page < 319,
            Newest = 160_000,
        })];
        AddressSet set = AddressSet.Create(20);
        AddressSet half = set;
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (WatchChanges page in pages)
        {
            set = set.Apply(page);
            half = set.Count == 80_000 ? set : half;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        set.Count.ShouldBe(160_000);
        Enumerable.Range(0, 160_000).All(n => set.Contains(Key(n).Bytes)).ShouldBeTrue();
        half.Count.ShouldBe(80_000);
        Enumerable.Range(0, 160_000).All(n => half.Contains(Key(n).Bytes) == (n < 80_000)).ShouldBeTrue();
        // Room for 10,000, then for 40,000, then for all.
        allocated.ShouldBeLessThan((10_000 + 40_000 + 160_000) * 32);
        set.Size.ShouldBeLessThanOrEqualTo(160_000 * 31);
    }

    [Fact]
    public void What_a_store_says_will_come_does_not_take_more_memory_than_twenty_pages()
    {
        AddressSet set = AddressSet.Create(20).Apply(new WatchChanges
        {
            Changes = [.. Enumerable.Range(0, 1_000).Select(static n => new WatchChange(n + 1, Key(n), Removed: false))],
            Sequence = 1_000,
            More = true,
            Newest = long.MaxValue,
        });
        set.Count.ShouldBe(1_000);
        set.Size.ShouldBeLessThan(20_000 * 31);
    }

    [Fact]
    public async Task Readers_of_an_old_snapshot_are_not_disturbed_while_a_new_one_is_made()
    {
        AddressSet start = AddressSet.Create(20).Add(Enumerable.Range(0, 1_000).Select(static n => Key(n)));
        using CancellationTokenSource stop = new();
        Task<bool> reader = Task.Run(() =>
        {
            bool right = true;
            while (!stop.IsCancellationRequested)
            {
                for (int n = 0; n < 2_000; n++)
                {
                    right &= start.Contains(Key(n).Bytes) == (n < 1_000);
                }
            }

            return right;
        });
        AddressSet set = start;
        for (int n = 1_000; n < 60_000; n++)
        {
            set = set.Add([Key(n)]);
            if (n % 1_000 == 0)
            {
                // What it read from before it grew is nobody's now but its own.
                GC.Collect();
            }
        }

        await stop.CancelAsync();
        (await reader).ShouldBeTrue();
        set.Count.ShouldBe(60_000);
    }

    [Fact]
    public void Nobody_else_can_append_while_a_snapshot_is_made()
    {
        AddressSet start = AddressSet.Create(20).Add([Key(0)]);
        List<bool> held = [];
        AddressSet added = start.Add(Watched());
        held.ShouldBe([true, true]);
        start.IsAppending.ShouldBeFalse();
        added.Count.ShouldBe(3);

        IEnumerable<AddressKey> Watched()
        {
            for (int n = 1; n <= 2; n++)
            {
                held.Add(start.IsAppending);
                yield return Key(n);
            }
        }
    }

    private static AddressSet Apply(AddressSet set, WatchChange change) => set.Apply(new WatchChanges { Changes = [change], Sequence = change.Sequence, More = false });

    private static AddressKey Key(int n, int length = 20)
    {
        Span<byte> bytes = stackalloc byte[length];
        for (int index = 0; index < Math.Min(length, sizeof(int)); index++)
        {
            bytes[index] = (byte)(n >> (index * 8));
        }

        return new AddressKey(bytes);
    }
}
