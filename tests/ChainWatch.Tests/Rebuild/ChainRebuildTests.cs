using ChainWatch.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Tests;

public sealed class ChainRebuildTests
{
    private readonly InMemoryWatchStore _rebuilt = new();
    private readonly List<RebuildProgress> _progress = [];

    [Fact]
    public void A_rebuild_of_a_history_full_of_reorgs_comes_to_the_same_digest()
    {
        using SimulatedEngine live = new(finalityDepth: 20);
        live.Watch("a");
        live.Start();
        for (int round = 0; round < 12; round++)
        {
            live.Chain.Mine(round > 6 ? [live.Chain.Pay(SimulatedFormat.Address("a"), 5 + round), live.Chain.Pay(SimulatedFormat.Address("b"), 7)] : [live.Chain.Pay(SimulatedFormat.Address("a"), 5 + round)]);
            live.Chain.MineEmpty(3);
            live.CatchUp();
            if (round % 3 == 1)
            {
                live.Chain.ReorgSame(5);
                live.CatchUp();
                live.Chain.ReorgEmpty(6, 8);
                live.CatchUp();
            }

            if (round == 6)
            {
                live.Watch("b");
            }
        }

        Rebuild(live, 0);

        Digests(live.Store, live).ShouldBe(Digests(_rebuilt, live));
        _rebuilt.ReadEvents().ShouldNotContain(static one => one.Kind == PaymentEventKind.Retracted);
        Ask(live, _rebuilt.ReadOutboxAsync(CancellationToken.None)).Pending.ShouldBe(0, "a rebuild delivers nothing");
        _progress[^1].Done.ShouldBe(1);
        _progress[^1].ToHeight.ShouldBe(live.Chain.Head.Point.Height);
    }

    [Fact]
    public void A_payment_that_an_endpoint_had_hidden_is_found()
    {
        SimulatedEndpoint first = new("first") { Hides = static _ => true };
        using SimulatedEngine live = new(endpoints: [first], finalityDepth: 5);
        live.Watch("a");
        live.Start();
        live.Chain.Mine(live.Chain.Pay(SimulatedFormat.Address("a"), 5));
        live.Chain.MineEmpty(20);
        live.CatchUp();
        live.Events.ShouldBeEmpty();

        Rebuild(live, 0);

        IReadOnlyList<DigestDifference> differences = Ask(live, DigestComparison.FindAsync(live.Store, _rebuilt, live.Chain.Chain, 0, 20, 10, CancellationToken.None));
        differences.ShouldHaveSingleItem().Height.ShouldBe(1);
    }

    [Fact]
    public void It_does_not_end_before_it_knows_what_is_final_where_the_live_records_know()
    {
        // The chain's own mark is missing, which is a hiccup at first: only after some looks the depth decides, and a short rebuild looks once.
        using SimulatedEngine live = new(finalityDepth: 20, hasMarks: true);
        live.Start();
        live.Chain.MineEmpty(50);
        live.CatchUp();
        live.Scheduler.Advance(TimeSpan.FromMinutes(5));
        Ask(live, live.Store.LoadAsync(live.Chain.Chain, 0, CancellationToken.None)).Marks.Finalized.ShouldBe(30);

        Rebuild(live, 0, hasMarks: true);

        Ask(live, _rebuilt.LoadAsync(live.Chain.Chain, 0, CancellationToken.None)).Marks.Finalized.ShouldBe(30);
    }

    [Fact]
    public void An_address_that_is_registered_while_the_rebuild_runs_is_taken_over()
    {
        using SimulatedEngine live = new(finalityDepth: 5);
        live.Start();
        live.Chain.MineEmpty(50);
        live.CatchUp();
        bool registered = false;
        Rebuild(live, 10, progress =>
        {
            if (!registered && progress.Height > 10)
            {
                registered = true;
                live.Register("late");
            }
        });

        Ask(live, _rebuilt.CountAddressesAsync(live.Chain.Chain, CancellationToken.None)).ShouldBe(1);
        Ask(live, _rebuilt.ReadBackScansAsync(live.Chain.Chain, CancellationToken.None)).ShouldBeEmpty();
        _rebuilt.ReadCoverage(live.Chain.Chain)[0].FromHeight.ShouldBe(10);
    }

    [Fact]
    public void A_rebuild_is_gone_on_with_where_it_stood()
    {
        using SimulatedEngine live = new(finalityDepth: 5);
        live.Watch("a");
        live.Start();
        live.Chain.Mine(live.Chain.Pay(SimulatedFormat.Address("a"), 5));
        live.Chain.MineEmpty(60);
        live.CatchUp();
        Rebuild(live, 0);
        live.Chain.MineEmpty(30);
        live.Chain.Mine(live.Chain.Pay(SimulatedFormat.Address("a"), 6));
        live.CatchUp();
        _progress.Clear();

        Rebuild(live, 0);

        Digests(live.Store, live).ShouldBe(Digests(_rebuilt, live));
        _progress.Select(static one => one.Height).Where(static height => height >= 0).Min().ShouldBe(61, "what was read is not read again");
        _rebuilt.ReadCoverage(live.Chain.Chain).ShouldHaveSingleItem();
    }

    [Fact]
    public void What_an_account_got_before_its_tag_was_registered_is_its_own_in_the_rebuild()
    {
        using SimulatedEngine live = new(chain: new SimulatedChain(timeProvider: new ManualTimeProvider(), hasTags: true), finalityDepth: 5);
        string account = SimulatedFormat.Address("w");
        live.RegisterAddress(account);
        live.Start();
        live.Chain.Mine(live.Chain.Pay(account, 5, tag: "42"), live.Chain.Pay(account, 6));
        live.CatchUp();
        live.RegisterAddress($"{account}:42");
        live.Chain.Mine(live.Chain.Pay(account, 7, tag: "42"), live.Chain.Pay(account, 8, tag: "43"));
        live.Chain.MineEmpty(30);
        live.CatchUp();

        Rebuild(live, 0);

        Digests(_rebuilt, live).ShouldBe(Digests(live.Store, live), Payments(_rebuilt, live));
        Payments(_rebuilt, live).ShouldBe($"5 to {account}; 6 to {account}; 7 to {account}:42; 8 to {account}");
    }

    [Fact]
    public void What_a_tag_got_while_it_was_watched_is_its_own_in_the_rebuild_and_the_rest_is_the_accounts()
    {
        using SimulatedEngine live = new(chain: new SimulatedChain(timeProvider: new ManualTimeProvider(), hasTags: true), finalityDepth: 5);
        string account = SimulatedFormat.Address("w");
        live.RegisterAddress(account);
        live.Start();
        live.Chain.Mine(live.Chain.Pay(account, 5, tag: "42"));
        live.CatchUp();
        live.RegisterAddress($"{account}:42");
        live.Chain.Mine(live.Chain.Pay(account, 6, tag: "42"));
        live.CatchUp();
        live.RemoveAddress($"{account}:42");
        live.Chain.Mine(live.Chain.Pay(account, 7, tag: "42"));
        live.Chain.MineEmpty(30);
        live.CatchUp();

        Rebuild(live, 0);

        Digests(_rebuilt, live).ShouldBe(Digests(live.Store, live), Payments(_rebuilt, live));
        Payments(_rebuilt, live).ShouldBe($"5 to {account}; 6 to {account}:42; 7 to {account}");
    }

    [Fact]
    public void A_payment_of_a_tag_that_an_endpoint_had_hidden_is_found_for_who_takes_it()
    {
        SimulatedEndpoint first = new("first") { Hides = static _ => true };
        using SimulatedEngine live = new(chain: new SimulatedChain(timeProvider: new ManualTimeProvider(), hasTags: true), endpoints: [first], finalityDepth: 5);
        string account = SimulatedFormat.Address("w");
        live.RegisterAddress(account);
        live.Start();
        live.Chain.Mine(live.Chain.Pay(account, 5, tag: "42"));
        live.CatchUp();
        live.RegisterAddress($"{account}:42");
        live.Chain.Mine(live.Chain.Pay(account, 6, tag: "42"));
        live.Chain.MineEmpty(30);
        live.CatchUp();
        live.Events.ShouldBeEmpty();

        Rebuild(live, 0);

        Payments(_rebuilt, live).ShouldBe($"5 to {account}; 6 to {account}:42");
    }

    [Fact]
    public void A_height_is_found_by_its_time_in_few_questions()
    {
        using SimulatedEngine live = new();
        for (int block = 0; block < 3_000; block++)
        {
            live.Time.Advance(TimeSpan.FromMinutes(10));
            live.Chain.MineEmpty(1);
        }

        DateTimeOffset wanted = live.Chain.At(2_000)!.Header.Timestamp;
        long height = live.Scheduler.Run(async () => await BlockTimes.FindHeightAsync(live.Reader, wanted, CancellationToken.None));

        live.Chain.At(height)!.Header.Timestamp.ShouldBeGreaterThanOrEqualTo(wanted - BlockTimes.Tolerance);
        live.Chain.At(height - 1)!.Header.Timestamp.ShouldBeLessThan(wanted - BlockTimes.Tolerance);
        live.Scheduler.Run(async () => await BlockTimes.FindHeightAsync(live.Reader, DateTimeOffset.MinValue.AddYears(1), CancellationToken.None)).ShouldBe(0);
        live.Scheduler.Run(async () => await BlockTimes.FindHeightAsync(live.Reader, DateTimeOffset.MaxValue, CancellationToken.None)).ShouldBe(3_000);
    }

    private void Rebuild(SimulatedEngine live, long from, Action<RebuildProgress>? progress = null, bool hasMarks = false)
    {
        // A process of its own, on the same chain.
        using SimulatedEngine beside = new(chain: live.Chain, finalityDepth: 20, hasMarks: hasMarks);
        ChainRebuild rebuild = new(beside.Registration, live.Store, _rebuilt, beside.Time, NullLogger.Instance)
        {
            Progress = one =>
            {
                _progress.Add(one);
                progress?.Invoke(one);
            },
        };
        beside.Scheduler.Run(() => rebuild.RunAsync(from, CancellationToken.None));
    }

    private static string Payments(InMemoryWatchStore store, SimulatedEngine live) =>
        string.Join("; ", Ask(live, store.ReadPaymentsAsync(live.Chain.Chain, 100, CancellationToken.None)).OrderBy(static one => one.Amount).Select(static one => $"{one.Amount} to {one.Address}"));

    private static T Ask<T>(SimulatedEngine engine, ValueTask<T> answer) => engine.Scheduler.Run(async () => await answer);

    private static string Digests(InMemoryWatchStore store, SimulatedEngine live) =>
        Ask(live, store.ReadDigestsAsync(live.Chain.Chain, 0, live.Chain.Head.Point.Height, 1, CancellationToken.None))[0].Digest.ToString();
}
