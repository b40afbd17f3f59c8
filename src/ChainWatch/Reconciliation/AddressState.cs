namespace ChainWatch;

/// <summary>What the chain holds for one address.</summary>
public sealed class AddressState
{
    /// <summary>The address.</summary>
    public required AddressKey Key { get; init; }

    /// <summary>The balance of each of the chain's watched assets, zero included. An asset that is missing here could not be read.</summary>
    public required IReadOnlyList<AssetBalance> Balances { get; init; }

    /// <summary>The unspent outputs that make up the balances; <see langword="null"/> on chains of accounts, and where the endpoint tells no more than the balance.</summary>
    public IReadOnlyList<UnspentOutput>? Unspent { get; init; }

    /// <summary>
    /// On chains of accounts, how many transactions the address has sent: where it grew, the owner was at work. <see langword="null"/> where the chain or the endpoint does not tell.
    /// </summary>
    public long? Sent { get; init; }
}
