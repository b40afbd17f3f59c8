namespace ChainWatch;

/// <summary>Changes API keys while the host runs. New keys need no call: they are taken over when the configuration changes.</summary>
public sealed class EndpointKeyRotation
{
    private readonly ChainRegistry _chains;

    internal EndpointKeyRotation(ChainRegistry chains)
    {
        _chains = chains;
    }

    /// <summary>Takes the next of an endpoint's keys into use, and puts the one in use behind the others. Requests under way end with the key that they began with. It is audited.</summary>
    /// <param name="chain">The chain's name.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <returns>False where the chain has no endpoint of that name, or the endpoint no other usable key.</returns>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    public bool Rotate(string chain, string endpoint) => _chains.Get(chain).Recovery.RotateKey?.Invoke(endpoint) ?? false;
}
