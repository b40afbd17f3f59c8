namespace ChainWatch;

/// <summary>One endpoint's place in its pool.</summary>
internal sealed class EndpointSlot<TEndpoint>(TEndpoint endpoint)
    where TEndpoint : class, IPooledEndpoint
{
    public TEndpoint Endpoint { get; } = endpoint;

    public EndpointClient Client => Endpoint.Client;

    public EndpointRating Rating { get; } = new(endpoint.Client.Name);

    /// <summary>True once it has proved that it serves this chain, until the connection is lost.</summary>
    public bool Connected { get; set; }

    public EndpointStanding Stand(int rank, DateTimeOffset now)
    {
        TimeSpan paused = Client.Paused;
        string? kind = Rating.KindAt(now, paused);
        bool told = Rating.Head >= 0;
        return new EndpointStanding
        {
            Name = Client.Name,
            Up = !Rating.Down,
            Rank = rank,
            Reason = kind switch
            {
                null => null,
                "paused" => $"it is left alone for {paused.TotalSeconds:0.#} s more",
                "lagging" => $"its head {Rating.Head} was {Rating.Lag} blocks behind that of the others",
                "set-aside" => "it was put behind the others, because the chain had fallen silent while it was first",
                _ => Rating.Reason ?? "it failed too often of late",
            },
            ReasonKind = kind,
            Head = told ? Rating.Head : null,
            SinceHeadAdvanced = told ? now - Rating.HeadAdvancedAt : null,
            Lag = told ? Rating.Lag : null,
            Latency = Rating.Latency is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            PausedFor = paused,
            RateLimit = Client.RateLimit,
            UsableKeys = Client.UsableKeys,
        };
    }
}
