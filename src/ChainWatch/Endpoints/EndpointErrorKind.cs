namespace ChainWatch;

/// <summary>What an endpoint's failure means for who asked: the one vocabulary into which every chain family translates its nodes' and providers' errors.</summary>
public enum EndpointErrorKind
{
    /// <summary>It may pass by itself: a lost connection, a timeout, an overloaded or starting node. Ask again a little later, then ask another endpoint.</summary>
    Transient,

    /// <summary>Asked too often. Ask another endpoint, and this one when its pause is over.</summary>
    RateLimited,

    /// <summary>A daily, monthly or paid amount is used up. The endpoint is out until its provider's reset.</summary>
    QuotaExhausted,

    /// <summary>The key or address is refused. That key is never sent again; the next one is taken.</summary>
    AuthFailed,

    /// <summary>Too many blocks, results, addresses or bytes in one request. Ask for less.</summary>
    RangeTooLarge,

    /// <summary>The endpoint does not know, or what it answered did not pass a check. Another may know.</summary>
    MissingData,

    /// <summary>Past that endpoint's head. Wait; it is no fault.</summary>
    NotYet,

    /// <summary>The endpoint has no such method or option. Use another call.</summary>
    Unsupported,

    /// <summary>The block is known but not on the main chain.</summary>
    NotCanonical,

    /// <summary>The request itself is wrong. Asking again does not help.</summary>
    ClientBug,

    /// <summary>The endpoint closed a push connection because it was read too slowly.</summary>
    SlowConsumer,
}
