using System.Collections.Concurrent;

namespace ChainWatch.Blockbook.Tests;

/// <summary>Keeps what endpoints were refused for.</summary>
internal sealed class ObservedEndpoints : IEndpointObserver
{
    private readonly ConcurrentQueue<string> _refused = new();

    public IReadOnlyCollection<string> Refused => _refused;

    public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration)
    {
    }

    public void AnswerRefused(string chain, string endpoint, string check) => _refused.Enqueue($"{endpoint} {check}");
}
