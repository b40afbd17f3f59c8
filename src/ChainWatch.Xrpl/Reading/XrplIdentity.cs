namespace ChainWatch.Xrpl;

/// <summary>Which network this is, by configuration. A server of another one is refused.</summary>
internal sealed class XrplIdentity
{
    private readonly string _path;
    private readonly long _networkId;

    public XrplIdentity(string chain, long networkId)
    {
        _path = ChainWatchConfiguration.ChainPath(chain);
        _networkId = networkId;
    }

    /// <summary>Takes what a server says about itself. Servers of the main network often do not say their network; what they serve is bound by hashes to what is held already.</summary>
    /// <exception cref="EndpointRefusedException">It is another network.</exception>
    public void Accept(string endpoint, ServerInfo info)
    {
        if (info.NetworkId is { } network && network != _networkId)
        {
            throw new EndpointRefusedException(
                $"endpoint '{endpoint}' serves the network {network}, but this chain has {_networkId}; correct its Url under {_path}:Endpoints, or {_path}:NetworkId");
        }

        if (info.NetworkId is null && _networkId != 0)
        {
            throw new EndpointRefusedException($"endpoint '{endpoint}' does not say its network, as servers of the main network do, but this chain has {_networkId} ({_path}:NetworkId)");
        }
    }
}
