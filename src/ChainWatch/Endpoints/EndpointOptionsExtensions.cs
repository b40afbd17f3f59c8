namespace ChainWatch;

/// <summary>Short ways to write endpoints in code.</summary>
public static class EndpointOptionsExtensions
{
    /// <summary>Adds an endpoint.</summary>
    /// <param name="endpoints">The chain's endpoints.</param>
    /// <param name="url">The URL for requests.</param>
    /// <param name="webSocketUrl">The URL for pushes; <see langword="null"/> polls.</param>
    public static void Add(this IList<EndpointOptions> endpoints, string url, string? webSocketUrl = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.Add(new EndpointOptions { Url = url, WebSocketUrl = webSocketUrl });
    }
}
