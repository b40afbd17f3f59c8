using ChainWatch.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChainWatch.Tests;

public sealed class ChainWatchHealthTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly StubStore _store = StubStore.Create();
    private readonly ChainStatus _one;
    private readonly ChainStatus _two;
    private readonly ChainWatchHealth _health;

    public ChainWatchHealthTests()
    {
        ChainRegistration one = Registration("one");
        ChainRegistration two = Registration("two");
        _one = one.Status;
        _two = two.Status;
        _health = new ChainWatchHealth(new ChainRegistry(one, two), _store.Store, new ChainWatchOptions(), _time);
        _health.Started();
    }

    [Fact]
    public async Task Two_standbys_are_healthy_and_ready()
    {
        ChainWatchHealthReport report = await ReadAsync();
        report.State.ShouldBe(HealthState.Healthy);
        report.IsReady.ShouldBeTrue();
        report.IsStandby.ShouldBeTrue();
        report.At.ShouldBe(_time.GetUtcNow());
    }

    [Fact]
    public async Task A_store_that_cannot_be_made_ready_is_failing_for_the_watchdog_too()
    {
        ChainRegistration one = Registration("one");
        ChainWatchHealth health = new(new ChainRegistry(one), _store.Store, new ChainWatchOptions(), _time);
        health.Read(one).State.ShouldBe(HealthState.Degraded);
        health.StartFailed("The store cannot be made ready.");
        health.Read(one).State.ShouldBe(HealthState.Failing);
        health.Started();
        health.Read(one).State.ShouldBe(HealthState.Healthy);
        (await health.ReadAsync(TestContext.Current.CancellationToken)).StoreError.ShouldBeNull();
    }

    [Fact]
    public async Task All_together_are_as_well_as_the_worst_of_them()
    {
        Lead(_one, head: 10, cursor: 10);
        Lead(_two, head: 500, cursor: 1);
        ChainWatchHealthReport report = await ReadAsync();
        report.State.ShouldBe(HealthState.Degraded);
        report.Count(HealthState.Healthy).ShouldBe(1);
        report.IsReady.ShouldBeFalse(); // one of two is less than 80 %
        _time.Advance(TimeSpan.FromHours(1));
        (await ReadAsync()).State.ShouldBe(HealthState.Failing);
    }

    [Fact]
    public async Task A_store_that_is_deaf_is_given_two_seconds()
    {
        _store.Outbox = () => new TaskCompletionSource<OutboxState>().Task;
        Task<ChainWatchHealthReport> reading = ReadAsync();
        _time.Advance(TimeSpan.FromMilliseconds(1999));
        reading.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        ChainWatchHealthReport report = await reading;
        report.State.ShouldBe(HealthState.Failing);
        report.IsReady.ShouldBeFalse();
        report.Chains.ShouldAllBe(chain => chain.Reason == "The store did not answer within 2 s.");
    }

    [Fact]
    public async Task What_a_store_says_when_it_fails_stays_out_of_the_answer()
    {
        _store.Outbox = () => throw new InvalidOperationException("Host=secret;Password=secret");
        ChainWatchHealthReport report = await ReadAsync();
        report.StoreError.ShouldBe("The store failed (InvalidOperationException); the log has the details.");
    }

    [Fact]
    public async Task An_event_that_waits_too_long_for_its_delivery_degrades_and_is_no_reason_not_to_be_ready()
    {
        Lead(_one, head: 10, cursor: 10);
        Lead(_two, head: 10, cursor: 10);
        DateTimeOffset occurred = _time.GetUtcNow() - TimeSpan.FromMinutes(5);
        _store.Outbox = () => Task.FromResult(new OutboxState(1, occurred, 0));
        (await ReadAsync()).State.ShouldBe(HealthState.Healthy);
        _time.Advance(TimeSpan.FromSeconds(1));

        ChainWatchHealthReport report = await ReadAsync();

        report.State.ShouldBe(HealthState.Degraded);
        report.DeliveryReason.ShouldBe("The oldest event has waited 301 s for its delivery; the limit is 300 s.");
        report.IsReady.ShouldBeTrue();
        await using ServiceProvider services = Services(failureStatus: null);
        HealthReportEntry entry = (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["watch"];
        entry.Status.ShouldBe(HealthStatus.Degraded);
        entry.Description.ShouldBe(report.DeliveryReason);
    }

    [Theory]
    [InlineData(null, HealthStatus.Unhealthy)]
    [InlineData(HealthStatus.Degraded, HealthStatus.Degraded)]
    public async Task The_health_check_of_the_host_says_the_same(HealthStatus? failureStatus, HealthStatus expected)
    {
        await using ServiceProvider services = Services(failureStatus);
        HealthCheckService checks = services.GetRequiredService<HealthCheckService>();
        Lead(_one, head: 10, cursor: 10);
        (await checks.CheckHealthAsync(TestContext.Current.CancellationToken)).Status.ShouldBe(HealthStatus.Healthy);
        _one.Disconnected("nobody answers");
        HealthReportEntry degraded = (await checks.CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["watch"];
        degraded.Status.ShouldBe(HealthStatus.Degraded);
        degraded.Description.ShouldBe("one: No endpoint answers. Last error: nobody answers");
        degraded.Data["two"].ShouldBe("standby");
        degraded.Tags.ShouldBe(["chains"]);
        _time.Advance(TimeSpan.FromHours(1));
        (await checks.CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["watch"].Status.ShouldBe(expected);
    }

    [Fact]
    public async Task Tags_say_what_a_check_of_the_host_answers()
    {
        await using ServiceProvider services = Services(failureStatus: null);
        HealthCheckService checks = services.GetRequiredService<HealthCheckService>();
        (await ReadAsync("ready")).ShouldBe((HealthStatus.Healthy, "Ready, as a standby."));
        Lead(_one, head: 500, cursor: 10);
        Lead(_two, head: 10, cursor: 10);
        (await ReadAsync("ready")).ShouldBe((HealthStatus.Unhealthy, "one: The cursor is 490 blocks behind the head; the limit is 100."));
        (await ReadAsync("live")).ShouldBe((HealthStatus.Healthy, "The process is alive."));
        Lead(_one, head: 500, cursor: 500);
        (await ReadAsync("ready")).ShouldBe((HealthStatus.Healthy, "Ready."));
        _store.Outbox = () => throw new InvalidOperationException();
        (await ReadAsync("ready")).Status.ShouldBe(HealthStatus.Unhealthy);
        (await ReadAsync("live")).Status.ShouldBe(HealthStatus.Healthy);
        _store.Outbox = static () => Task.FromResult(default(OutboxState));
        _health.Stops();
        (await ReadAsync("ready")).ShouldBe((HealthStatus.Unhealthy, "The host stops."));
        _health.EndsBecause("a chain is silent");
        (await ReadAsync("live")).ShouldBe((HealthStatus.Unhealthy, "a chain is silent"));

        async Task<(HealthStatus Status, string? Description)> ReadAsync(string tag)
        {
            HealthReport report = await checks.CheckHealthAsync(check => check.Tags.Contains(tag), TestContext.Current.CancellationToken);
            HealthReportEntry entry = report.Entries.Values.ShouldHaveSingleItem();
            return (entry.Status, entry.Description);
        }
    }

    private ServiceProvider Services(HealthStatus? failureStatus)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton(_health);
        services.AddHealthChecks().AddChainWatch("watch", failureStatus, ["chains"], TimeSpan.FromSeconds(5));
        services.AddHealthChecks().AddChainWatch("live", tags: ["live"]).AddChainWatch("ready", tags: ["ready"]);
        return services.BuildServiceProvider();
    }

    private Task<ChainWatchHealthReport> ReadAsync() => _health.ReadAsync(TestContext.Current.CancellationToken);

    private static void Lead(ChainStatus status, long head, long cursor)
    {
        status.Led(leading: true, term: 1);
        status.SawHead(new ChainPoint(head, default));
        status.Committed(new ChainPoint(cursor, default), finalizedHeight: -1, blocks: 1, events: 0);
    }

    private ChainRegistration Registration(string name)
    {
        SimulatedChain chain = new(name);
        return SimulatedRegistration.Create(
            chain,
            new SimulatedBlockReader(chain, new SimulatedReaderOptions(), _time),
            new SimulatedChainOptions(),
            new ConfirmationPolicy(Confirmation.Finalized),
            new ChainStatus(chain.Chain, _time),
            _time);
    }
}
