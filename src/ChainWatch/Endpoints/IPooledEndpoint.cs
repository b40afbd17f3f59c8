namespace ChainWatch;

/// <summary>One endpoint of an <see cref="EndpointPool{TEndpoint}"/>, with what its chain family has learned about it.</summary>
public interface IPooledEndpoint
{
    /// <summary>The client that talks to the endpoint.</summary>
    EndpointClient Client { get; }

    /// <summary>
    /// Checks that this is an endpoint of the right chain. It runs before the first use, and again after the connection was lost, since another node may answer then.
    /// </summary>
    /// <exception cref="EndpointException">It did not answer.</exception>
    /// <exception cref="EndpointRefusedException">It is an endpoint of another chain.</exception>
    ValueTask ConnectAsync(CancellationToken cancellationToken);
}
