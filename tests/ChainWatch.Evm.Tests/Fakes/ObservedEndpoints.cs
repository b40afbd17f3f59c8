namespace ChainWatch.Evm.Tests;

/// <summary>Keeps what an endpoint's observer is told.</summary>
public sealed class ObservedEndpoints : IEndpointObserver
{
    public List<(string Endpoint, string Method, EndpointErrorKind? Failure)> Requests { get; } = [];

    public List<string> Refused { get; } = [];

    public Dictionary<string, bool> Up { get; } = [];

    public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration) => Requests.Add((endpoint, method, failure));

    public void AnswerRefused(string chain, string endpoint, string check) => Refused.Add($"{endpoint} {check}");

    public void EndpointChanged(string chain, string endpoint, bool up) => Up[endpoint] = up;

    public void HeadSeen(string chain, string endpoint, long height)
    {
    }
}
