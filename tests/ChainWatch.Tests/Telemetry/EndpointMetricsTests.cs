using ChainWatch.Testing;

namespace ChainWatch.Tests;

public sealed class EndpointMetricsTests : IDisposable
{
    private readonly object _scope = new();
    private readonly ChainWatchMetrics _others;
    private readonly EndpointMetrics _metrics;
    private readonly MetricRecorder _recorder;

    public EndpointMetricsTests()
    {
        _others = new ChainWatchMetrics(_scope);
        _metrics = new EndpointMetrics(_others, _scope);
        _recorder = new MetricRecorder(ChainWatchTelemetry.MeterName, _scope);
    }

    public void Dispose()
    {
        _recorder.Dispose();
        _metrics.Dispose();
        _others.Dispose();
    }

    [Fact]
    public void A_request_is_timed_under_its_method_and_outcome()
    {
        _metrics.RequestCompleted("one", "main", "eth_getLogs", failure: null, TimeSpan.FromSeconds(0.25));
        _metrics.RequestCompleted("one", "main", "eth_getLogs", EndpointErrorKind.RateLimited, TimeSpan.FromSeconds(1));
        _recorder.Last("chainwatch.endpoint.request.duration", ("chain", "one"), ("endpoint", "main"), ("method", "eth_getLogs"), ("outcome", "answered")).ShouldBe(0.25);
        _recorder.Last("chainwatch.endpoint.request.duration", ("outcome", "rate_limited")).ShouldBe(1);
    }

    [Fact]
    public void Refused_answers_are_counted_by_check()
    {
        _metrics.AnswerRefused("one", "main", "bloom");
        _metrics.AnswerRefused("one", "main", "bloom");
        _recorder.Sum("chainwatch.endpoint.saved", ("chain", "one"), ("endpoint", "main"), ("check", "bloom")).ShouldBe(2);
    }

    [Fact]
    public void Endpoints_are_up_or_down_behind_and_limited_as_they_stand()
    {
        ChainStatus status = new(new SimulatedChain("one").Chain, TimeProvider.System);
        status.ReadEndpointsFrom(static () =>
        [
            new EndpointStanding { Name = "main", Up = true, Rank = 1, Head = 110, Lag = 0, RateLimit = 12.5 },
            new EndpointStanding { Name = "spare", Up = false, Rank = 2, Head = 100, Lag = 10 },
            new EndpointStanding { Name = "unasked", Up = true, Rank = 3 },
        ]);
        Confirmation.TryParse("3", out Confirmation confirmation).ShouldBeTrue();
        _others.Track(new ChainRegistration
        {
            Chain = status.Chain,
            Status = status,
            Options = new ChainOptions(),
            Confirmation = new ConfirmationPolicy(confirmation),
            CreateSource = static () => throw new InvalidOperationException("Nothing is followed here."),
        });
        _recorder.Observe();
        _recorder.Last("chainwatch.endpoint.up", ("chain", "one"), ("endpoint", "main")).ShouldBe(1);
        _recorder.Last("chainwatch.endpoint.up", ("endpoint", "spare")).ShouldBe(0);
        _recorder.Last("chainwatch.endpoint.lag", ("endpoint", "spare")).ShouldBe(10);
        _recorder.Last("chainwatch.endpoint.rate.limit", ("endpoint", "main")).ShouldBe(12.5);
        _recorder.Of("chainwatch.endpoint.lag", ("endpoint", "unasked")).ShouldBeEmpty();
    }
}
