namespace ChainWatch.Blockbook;

/// <summary>How much instances are asked.</summary>
public enum BlockbookLimits
{
    /// <summary>
    /// No more than an instance allows whose operator set nothing else: 2,500 messages in 10 minutes on a connection, 20 requests a minute by HTTP. Who asks more is locked out for hours. An endpoint that
    /// has <see cref="EndpointOptions.RequestsPerSecond"/> is asked at that rate instead.
    /// </summary>
    Public,

    /// <summary>As much as there is to ask: for an own instance whose limits were raised or taken away.</summary>
    None,
}
