namespace ChainWatch;

/// <summary>One RPC URL with its keys and limits.</summary>
public sealed class EndpointOptions
{
    /// <summary>The name under which the endpoint appears in logs, metrics, health answers and the coverage. Its URL never does, since URLs hold keys.</summary>
    /// <value>The default is the endpoint's number in the chain's list, from <c>endpoint-1</c>.</value>
    public string? Name { get; set; }

    /// <summary>The URL for requests: <c>http</c> or <c>https</c> (a family may allow others).</summary>
    public string? Url { get; set; }

    /// <summary>The URL for pushes: <c>ws</c> or <c>wss</c>. Without it the chain is polled.</summary>
    public string? WebSocketUrl { get; set; }

    /// <summary>The provider's keys. <c>{key}</c> in a URL stands for the key; a URL without it gets the key as a bearer token.</summary>
    public IList<string> ApiKeys { get; } = [];

    /// <summary>The rate that the endpoint may be asked at.</summary>
    /// <value>Requests per second, above 0. <see langword="null"/> (the default) sets no limit.</value>
    public double? RequestsPerSecond { get; set; }

    /// <summary>How many requests may come at once after a pause.</summary>
    /// <value>From 1 up. The default is twice <see cref="RequestsPerSecond"/>.</value>
    public int? Burst { get; set; }

    /// <summary>How many requests may be under way at the same time.</summary>
    /// <value>1 to 1,000. The default is 16.</value>
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>How long one request may take, its answer included.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest answer that is read.</summary>
    /// <value>Bytes, from 1 MiB up. The default is 256 MiB.</value>
    public int MaxResponseBytes { get; set; } = 256 * 1024 * 1024;
}
