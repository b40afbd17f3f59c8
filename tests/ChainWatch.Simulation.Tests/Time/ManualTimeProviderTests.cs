namespace ChainWatch.Testing;

public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Timers_fire_in_the_order_in_which_they_are_due_each_at_its_own_time()
    {
        List<(string Name, TimeSpan At)> fired = [];
        DateTimeOffset start = _time.GetUtcNow();
        foreach ((string name, int seconds) in new[] { ("c", 3), ("a", 1), ("b", 2), ("a again", 1) })
        {
            _time.CreateTimer(_ => fired.Add((name, _time.GetUtcNow() - start)), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
        }

        _time.Advance(TimeSpan.FromSeconds(2.5));

        fired.ShouldBe([("a", TimeSpan.FromSeconds(1)), ("a again", TimeSpan.FromSeconds(1)), ("b", TimeSpan.FromSeconds(2))]);
        (_time.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(2.5));
        _time.TimerCount.ShouldBe(1);
    }

    [Fact]
    public void A_periodic_timer_fires_for_every_period_that_passes()
    {
        int fired = 0;
        using ITimer timer = _time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(6));

        fired.ShouldBe(3);
    }

    [Fact]
    public void A_timer_that_another_one_sets_fires_in_the_same_advance_when_it_is_due()
    {
        List<string> fired = [];
        _time.CreateTimer(
            _ =>
            {
                fired.Add("first");
                _time.CreateTimer(_ => fired.Add("second"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            },
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromSeconds(2));

        fired.ShouldBe(["first", "second"]);
    }

    [Fact]
    public void A_disposed_timer_never_fires_and_cannot_be_changed()
    {
        bool fired = false;
        ITimer timer = _time.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        timer.Dispose();

        timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan).ShouldBeFalse();
        _time.Advance(TimeSpan.FromHours(1));

        fired.ShouldBeFalse();
    }

    [Fact]
    public void The_timestamp_tells_the_same_time_as_the_clock()
    {
        long before = _time.GetTimestamp();

        _time.Advance(TimeSpan.FromMilliseconds(1234.5));

        _time.GetElapsedTime(before).ShouldBe(TimeSpan.FromMilliseconds(1234.5));
    }

    [Fact]
    public async Task Delays_of_the_base_library_wait_on_it()
    {
        Task delay = Task.Delay(TimeSpan.FromMinutes(1), _time, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(59));
        delay.IsCompleted.ShouldBeFalse();

        _time.AdvanceToNextTimer().ShouldBeTrue();

        await delay;
        _time.AdvanceToNextTimer().ShouldBeFalse();
    }
}
