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
    public void An_endpoint_lags_behind_the_highest_head_of_its_own_chain()
    {
        _metrics.HeadSeen("one", "fast", 110);
        _metrics.HeadSeen("one", "slow", 100);
        _metrics.HeadSeen("two", "fast", 5000);
        _recorder.Observe();
        _recorder.Last("chainwatch.endpoint.lag", ("chain", "one"), ("endpoint", "slow")).ShouldBe(10);
        _recorder.Last("chainwatch.endpoint.lag", ("chain", "one"), ("endpoint", "fast")).ShouldBe(0);
        _recorder.Last("chainwatch.endpoint.lag", ("chain", "two"), ("endpoint", "fast")).ShouldBe(0);
    }

    [Fact]
    public void Refused_answers_are_counted_by_check_and_endpoints_are_up_or_down()
    {
        _metrics.AnswerRefused("one", "main", "bloom");
        _metrics.AnswerRefused("one", "main", "bloom");
        _metrics.EndpointChanged("one", "main", up: true);
        _metrics.EndpointChanged("one", "spare", up: false);
        _recorder.Observe();
        _recorder.Sum("chainwatch.endpoint.saved", ("chain", "one"), ("endpoint", "main"), ("check", "bloom")).ShouldBe(2);
        _recorder.Last("chainwatch.endpoint.up", ("endpoint", "main")).ShouldBe(1);
        _recorder.Last("chainwatch.endpoint.up", ("endpoint", "spare")).ShouldBe(0);
    }
}
