namespace ChainWatch;

/// <summary>What an address held at one point of its chain, as one endpoint said.</summary>
public sealed class ChainBalance
{
    /// <summary>The point that it belongs to.</summary>
    public required ChainPoint Point { get; init; }

    /// <summary>The configured name of the endpoint that said so.</summary>
    public required string Endpoint { get; init; }

    /// <summary>When it was read. It may be as old as <see cref="BalanceOptions.Expiry"/>.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>The balance of each of the chain's watched assets, zero included. An asset that is missing here could not be read.</summary>
    public required IReadOnlyList<AssetBalance> Balances { get; init; }
}
