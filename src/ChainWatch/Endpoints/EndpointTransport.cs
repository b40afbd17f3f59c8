using System.Net.Http.Headers;
using System.Net.WebSockets;

namespace ChainWatch;

/// <summary>What an <see cref="EndpointClient"/> sends through instead of the network: for tests and simulations.</summary>
public sealed class EndpointTransport
{
    /// <summary>Answers HTTP requests; <see langword="null"/> takes the network. The client disposes it.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Opens a WebSocket to a URL with an authorization; <see langword="null"/> takes the network.</summary>
    public Func<Uri, AuthenticationHeaderValue?, CancellationToken, Task<WebSocket>>? ConnectWebSocket { get; init; }
}
