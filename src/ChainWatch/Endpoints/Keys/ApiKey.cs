namespace ChainWatch;

/// <summary>One of an endpoint's keys. It is told by its number only.</summary>
internal sealed class ApiKey(int number, string value, EndpointRateLimiter limiter)
{
    /// <summary>Its number among the keys that the endpoint ever had, from 1.</summary>
    public int Number { get; } = number;

    public string Value { get; } = value;

    /// <summary>The limits that it is used within: its own, or those that all keys share.</summary>
    public EndpointRateLimiter Limiter { get; } = limiter;

    /// <summary>True once the provider refused it: it is never sent again.</summary>
    public bool Refused { get; set; }

    public DateTimeOffset RestsUntil { get; set; }
}
