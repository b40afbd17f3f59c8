namespace ChainWatch.Bitcoin.Tests;

/// <summary>Keeps what an endpoint's observer is told.</summary>
public sealed class ObservedEndpoints : IEndpointObserver
{
    public List<(string Endpoint, string Method, EndpointErrorKind? Failure)> Requests { get; } = [];

    public List<string> Refused { get; } = [];

    public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration) => Requests.Add((endpoint, method, failure));

    public void AnswerRefused(string chain, string endpoint, string check) => Refused.Add($"{endpoint} {check}");
}
