using System.Collections.Concurrent;

namespace ChainWatch.Blockbook.Tests;

/// <summary>Keeps what endpoints were refused for, and what they did not answer.</summary>
internal sealed class ObservedEndpoints : IEndpointObserver
{
    private readonly ConcurrentQueue<string> _refused = new();
    private readonly ConcurrentQueue<string> _failed = new();

    public IReadOnlyCollection<string> Refused => _refused;

    /// <summary>What was asked for and not answered, as method and reason.</summary>
    public IReadOnlyCollection<string> Failed => _failed;

    public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration)
    {
        if (failure is { } kind)
        {
            _failed.Enqueue($"{method} {kind}");
        }
    }

    public void AnswerRefused(string chain, string endpoint, string check) => _refused.Enqueue($"{endpoint} {check}");
}
