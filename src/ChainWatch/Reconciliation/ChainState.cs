namespace ChainWatch;

/// <summary>What the chain holds for some addresses at one point.</summary>
public sealed class ChainState
{
    /// <summary>The point that all of it belongs to.</summary>
    public required ChainPoint Point { get; init; }

    /// <summary>The configured name of the endpoint that said so.</summary>
    public required string Endpoint { get; init; }

    /// <summary>One entry for each address that was asked for, in that order.</summary>
    public required IReadOnlyList<AddressState> Addresses { get; init; }
}
