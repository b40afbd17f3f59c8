using ChainWatch.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Tests;

/// <summary>When reconciliations run, that they go on where they stood, and who is told.</summary>
public sealed class ReconciliationRunTests
{
    [Fact]
    public void A_new_leader_goes_on_where_the_last_one_stood()
    {
        string[] labels = [.. Enumerable.Range(1, 25).Select(static number => $"address {number}")];
        using ReconciliationBench before = AccountReconciliationTests.Create(labels);
        AccountReconciliationTests.Hidden(before, "address 1", 5);
        before.Settle();
        before.State.MaxAddresses = 1;
        // It dies when ten addresses are done.
        before.State.BeforeAnswer = () =>
        {
            if (before.Last().Counts.Total == 10)
            {
                before.State.BeforeAnswer = null;
                before.Engine.Stop();
            }
        };
        long id = before.Engine.Scheduler.Run(() => before.Engine.Reconciliation.RequestAsync("simulated", new ReconciliationRequest(), CancellationToken.None));
        before.Engine.Scheduler.RunUntil(() => before.Run(id).Counts.Total >= 11, TimeSpan.FromMinutes(10)).ShouldBeFalse();
        before.Run(id).State.ShouldBe(ReconciliationState.Running);

        using ReconciliationBench after = new(store: before.Engine.Store, chain: before.Chain);
        after.State.MaxAddresses = 1;
        after.Engine.Start();
        after.Finish(id);

        after.Run(id).Counts.Total.ShouldBe(25);
        after.Run(id).Counts.Missing.ShouldBe(1);
        after.Found(id).Count.ShouldBe(1);
        after.State.Calls.ShouldBeLessThan(25 * 2, "what was done is not done again");
    }

    [Fact]
    public void A_new_leader_commits_before_it_does_anything_else()
    {
        using ReconciliationBench before = AccountReconciliationTests.Create("a");
        before.Settle();
        before.Engine.Stop();
        long id = before.Engine.Ask(_ => before.Records.RequestAsync(before.Chain.Chain, new ReconciliationRequest(), before.Engine.Time.GetUtcNow(), CancellationToken.None));
        before.Chain.MineEmpty(1);
        using ReconciliationBench after = new(store: before.Engine.Store, chain: before.Chain);
        after.Engine.Reader.Options.Latency = TimeSpan.FromSeconds(1);
        long? height = null;
        after.State.BeforeAnswer = () => height ??= after.Engine.Cursor!.Value.Height;

        after.Engine.Start();
        after.Finish(id);

        height.ShouldBe(after.Chain.Head.Height);
    }

    [Fact]
    public void Where_no_endpoint_answers_the_rest_does_not_wait_for_the_first_commit()
    {
        using ReconciliationBench before = AccountReconciliationTests.Create("a");
        before.Settle();
        before.Engine.Stop();
        long id = before.Engine.Ask(_ => before.Records.RequestAsync(before.Chain.Chain, new ReconciliationRequest(), before.Engine.Time.GetUtcNow(), CancellationToken.None));
        using ReconciliationBench after = new(store: before.Engine.Store, chain: before.Chain);
        after.Endpoint.IsDown = true;

        after.Engine.Start();

        after.Engine.Scheduler.RunUntil(() => after.Run(id).State == ReconciliationState.Done, TimeSpan.FromMinutes(1)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("01:00:00", null)]
    [InlineData(null, "03:00")]
    public void A_schedule_is_kept_by_whoever_leads(string? every, string? dailyAt)
    {
        ReconciliationOptions options = new()
        {
            Every = every is null ? null : TimeSpan.Parse(every, System.Globalization.CultureInfo.InvariantCulture),
            DailyAt = dailyAt is null ? null : TimeOnly.Parse(dailyAt, System.Globalization.CultureInfo.InvariantCulture),
        };
        using ReconciliationBench bench = new(options: options);
        bench.Engine.Start();
        bench.Engine.Watch("a");
        bench.Settle();

        bench.Engine.Scheduler.Advance(TimeSpan.FromHours(50));

        IReadOnlyList<ReconciliationRun> runs = bench.Engine.Ask(store => store.Reconciliations.ReadRunsAsync(bench.Chain.Chain, 1000, CancellationToken.None));
        runs.ShouldAllBe(static run => run.Request.RequestedBy == ReconciliationRequest.ScheduledBy && run.State == ReconciliationState.Done);
        if (every is not null)
        {
            runs.Count.ShouldBeInRange(50, 51);
        }
        else
        {
            runs.Count.ShouldBeInRange(2, 3);
            runs.ShouldAllBe(static run => run.RequestedAt.Hour == 3 && run.RequestedAt.Minute == 0);
        }
    }

    [Fact]
    public void A_sample_is_drawn_anew_each_time_and_stored_with_the_run()
    {
        using ReconciliationBench bench = new(options: new ReconciliationOptions { Every = TimeSpan.FromHours(1), Sample = 3 });
        bench.Engine.Start();
        foreach (int number in Enumerable.Range(1, 30))
        {
            bench.Engine.Watch($"address {number}");
        }

        bench.Settle();
        bench.Engine.Scheduler.Advance(TimeSpan.FromHours(5));

        IReadOnlyList<ReconciliationRun> runs = bench.Engine.Ask(store => store.Reconciliations.ReadRunsAsync(bench.Chain.Chain, 10, CancellationToken.None));
        // The first one may have come before the addresses.
        runs.Take(4).ShouldAllBe(static run => run.Counts.Total == 3);
        runs.Take(4).Select(static run => string.Join(',', run.Request.Addresses!.Select(static key => key.ToString()).Order())).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Handlers_are_told_and_one_that_fails_is_tried_again()
    {
        FailingOnce.Reports.Clear();
        ServiceCollection services = new();
        services.AddScoped<FailingOnce>();
        using ServiceProvider provider = services.BuildServiceProvider();
        ManualTimeProvider time = new();
        ReconciliationHandlers handlers = new(provider.GetRequiredService<IServiceScopeFactory>(), [typeof(FailingOnce)], time, NullLogger.Instance);
        ReconciliationReport report = new()
        {
            Run = new ReconciliationRun { Id = 7, Chain = "simulated", Request = new ReconciliationRequest(), State = ReconciliationState.Done, RequestedAt = time.GetUtcNow() },
            Discrepancies = [],
        };

        DeterministicScheduler scheduler = new(time);
        scheduler.Run(() => handlers.TellAsync(report, CancellationToken.None));

        FailingOnce.Reports.ShouldBe([7, 7]);
    }

    [Fact]
    public void An_address_whose_blocks_are_still_to_be_read_is_unknown_and_no_alarm()
    {
        using ReconciliationBench bench = AccountReconciliationTests.Create("a");
        bench.Pay("late", 5);
        bench.Settle();
        // Registered, and its back-scan not begun.
        WatchRegistration late = new() { Key = SimulatedFormat.Key("late"), Address = SimulatedFormat.Address("late"), Since = 0 };
        bench.Engine.Ask(store => store.AddAddressesAsync(bench.Chain.Chain, [late], bench.Engine.Time.GetUtcNow(), CancellationToken.None));
        long id = bench.Engine.Ask(_ => bench.Records.RequestAsync(bench.Chain.Chain, new ReconciliationRequest { Addresses = [late.Key] }, bench.Engine.Time.GetUtcNow(), CancellationToken.None));
        bench.Endpoint.IsDown = true;
        bench.Engine.Scheduler.RunUntil(() => bench.Run(id).State == ReconciliationState.Done, TimeSpan.FromMinutes(10)).ShouldBeTrue();
        bench.Endpoint.IsDown = false;

        bench.Found(id).ShouldHaveSingleItem().Kind.ShouldBe(DiscrepancyKind.NotYetFinal);
    }

    [Fact]
    public void What_could_not_be_read_once_is_asked_for_again_by_the_next_reconciliation()
    {
        using ReconciliationBench bench = AccountReconciliationTests.Create("a");
        bench.Pay("a", 5);
        bench.Settle();
        bench.Engine.Scheduler.RunUntil(() => bench.Engine.Status.FinalizedHeight == 6, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        Fail(bench, times: 1);
        bench.Reconcile().ShouldBeEmpty();
        bench.Last().Point!.Value.Height.ShouldBe(bench.Chain.Head.Height, "the newest committed block was read instead");

        bench.Reconcile().ShouldBeEmpty();

        bench.Last().Point!.Value.Height.ShouldBe(6, "what agrees at a final block need never be compared again");
    }

    [Fact]
    public void A_state_that_nobody_tells_for_a_moment_is_waited_for()
    {
        using ReconciliationBench bench = AccountReconciliationTests.Create("a");
        bench.Pay("a", 5);
        bench.Settle();
        Fail(bench, times: 4);

        bench.Reconcile().ShouldBeEmpty();

        bench.Last().Counts.ShouldBe(new ReconciliationCounts(1, 0, 0, 0, 0));
    }

    private static void Fail(ReconciliationBench bench, int times) => bench.State.BeforeAnswer = () =>
    {
        if (times-- > 0)
        {
            throw new EndpointException(EndpointErrorKind.Transient, "the connection broke");
        }
    };

    private sealed class FailingOnce : IReconciliationHandler
    {
        public static List<long> Reports { get; } = [];

        public Task HandleAsync(ReconciliationReport report, CancellationToken cancellationToken)
        {
            Reports.Add(report.Run.Id);
            return Reports.Count == 1 ? throw new InvalidOperationException("the pager is down") : Task.CompletedTask;
        }
    }
}
