namespace ChainWatch.Testing;

public sealed class DeterministicSchedulerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly DeterministicScheduler _scheduler;

    public DeterministicSchedulerTests()
    {
        _scheduler = new DeterministicScheduler(_time);
    }

    [Fact]
    public void Work_that_waits_for_hours_ends_at_once_and_sees_the_hours_pass()
    {
        DateTimeOffset start = _time.GetUtcNow();

        int result = _scheduler.Run(async () =>
        {
            for (int hour = 0; hour < 5; hour++)
            {
                await Task.Delay(TimeSpan.FromHours(1), _time);
            }

            return 42;
        });

        result.ShouldBe(42);
        (_time.GetUtcNow() - start).ShouldBe(TimeSpan.FromHours(5));
    }

    [Fact]
    public void The_order_of_ready_work_depends_on_the_seed_alone()
    {
        static string Run(long seed)
        {
            DeterministicScheduler scheduler = new(new ManualTimeProvider(), seed);
            List<int> order = [];
            for (int number = 0; number < 10; number++)
            {
                int mine = number;
                scheduler.Start(async () =>
                {
                    await Task.Yield();
                    order.Add(mine);
                });
            }

            scheduler.RunUntilIdle();
            return string.Join(' ', order);
        }

        Run(1).ShouldBe(Run(1));
        Enumerable.Range(0, 20).Select(static seed => Run(seed)).Distinct().Count().ShouldBeGreaterThan(15);
    }

    [Fact]
    public void An_endless_loop_is_a_clear_failure()
    {
        _scheduler.MaxSteps = 1000;
        _scheduler.Start(async () =>
        {
            while (true)
            {
                await Task.Yield();
            }
        });

        Should.Throw<DeterministicSchedulerException>(_scheduler.RunUntilIdle).Message.ShouldContain("loops without waiting");
    }

    [Fact]
    public void Waiting_for_what_never_comes_is_a_clear_failure()
    {
        Should.Throw<DeterministicSchedulerException>(() => _scheduler.Run(() => new TaskCompletionSource().Task)).Message.ShouldContain("never comes");
    }

    [Fact]
    public void An_exception_that_nobody_awaits_is_thrown_by_the_run()
    {
        _scheduler.Start(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _time);
            throw new FormatException("nobody sees me");
        });
        _scheduler.RunUntilIdle();

        Should.Throw<FormatException>(() => _scheduler.Advance(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_hop_to_the_thread_pool_is_reported_with_the_place_it_comes_from()
    {
        using ManualResetEventSlim posted = new();
        using ManualResetEventSlim awaited = new();
        _scheduler.Start(async () => await Task.Run(awaited.Wait));
        _scheduler.RunUntilIdle();
        // Only now, when it is awaited, may it end: a task that has ended before brings no continuation from elsewhere.
        awaited.Set();

        DeterministicSchedulerException failure = Should.Throw<DeterministicSchedulerException>(() =>
        {
            while (true)
            {
                _scheduler.RunUntilIdle();
                posted.Wait(1);
            }
        });

        failure.Message.ShouldContain("another thread");
    }

    [Fact]
    public void A_killed_process_never_runs_again_not_even_its_finally_blocks()
    {
        List<string> log = [];
        SimulatedProcess process = _scheduler.CreateProcess("victim");
        _scheduler.Start(process, async () =>
        {
            try
            {
                log.Add("began");
                await Task.Delay(TimeSpan.FromSeconds(1), _time);
                log.Add("went on");
            }
            finally
            {
                log.Add("cleaned up");
            }
        });
        _scheduler.RunUntilIdle();

        process.Kill();
        _scheduler.Advance(TimeSpan.FromMinutes(1));

        log.ShouldBe(["began"]);
    }

    [Fact]
    public void The_hook_before_each_step_can_kill_at_any_await()
    {
        for (int step = 0; step < 6; step++)
        {
            DeterministicScheduler scheduler = new(new ManualTimeProvider());
            SimulatedProcess process = scheduler.CreateProcess("victim");
            int reached = 0;
            int killAt = step;
            scheduler.BeforeStep = steps =>
            {
                if (steps == killAt)
                {
                    process.Kill();
                }
            };
            scheduler.Start(process, async () =>
            {
                for (; reached < 5; reached++)
                {
                    await Task.Yield();
                }
            });

            scheduler.RunUntilIdle();

            // The first step begins the work and comes to its first await.
            reached.ShouldBe(Math.Max(0, step - 1));
        }
    }

    [Fact]
    public void A_paused_process_stands_still_while_the_others_go_on_and_the_clock_moves()
    {
        List<string> log = [];
        SimulatedProcess frozen = _scheduler.CreateProcess("frozen");
        SimulatedProcess other = _scheduler.CreateProcess("other");
        foreach (SimulatedProcess process in new[] { frozen, other })
        {
            _scheduler.Start(process, async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _time);
                log.Add(process.Name);
            });
        }

        _scheduler.RunUntilIdle();
        frozen.Pause();
        _scheduler.Advance(TimeSpan.FromSeconds(10));
        log.ShouldBe(["other"]);

        frozen.Resume();
        _scheduler.RunUntilIdle();
        log.ShouldBe(["other", "frozen"]);
    }

    [Fact]
    public void A_run_of_some_steps_stops_in_the_middle()
    {
        int reached = 0;
        _scheduler.Start(async () =>
        {
            for (; reached < 10; reached++)
            {
                await Task.Yield();
            }
        });

        _scheduler.RunSteps(4).ShouldBe(4);

        reached.ShouldBe(3);
    }

    [Fact]
    public void Advancing_runs_everything_on_the_way_in_the_order_of_time()
    {
        List<string> log = [];
        DateTimeOffset start = _time.GetUtcNow();
        foreach (int every in new[] { 2, 3 })
        {
            int mine = every;
            _scheduler.Start(async () =>
            {
                while (true)
                {
                    await Task.Delay(TimeSpan.FromSeconds(mine), _time);
                    log.Add($"{mine}@{(_time.GetUtcNow() - start).TotalSeconds}");
                }
            });
        }

        _scheduler.Advance(TimeSpan.FromSeconds(7));

        log.ShouldBe(["2@2", "3@3", "2@4", "3@6", "2@6"], ignoreOrder: false);
    }
}
