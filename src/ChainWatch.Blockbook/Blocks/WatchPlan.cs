namespace ChainWatch.Blockbook;

/// <summary>What is watched on a chain, and how its addresses are read.</summary>
internal sealed class WatchPlan
{
    private readonly (byte[] Contract, Asset Asset)[] _tokens;

    /// <param name="coin">The coin.</param>
    /// <param name="address">How addresses are read.</param>
    /// <param name="native">The coin as an asset; <see langword="null"/> where only tokens are watched.</param>
    /// <param name="tokens">The watched tokens by their contracts.</param>
    /// <param name="internals">Whether what moves inside calls counts.</param>
    public WatchPlan(Coin coin, IAddressText address, Asset? native, IEnumerable<(AddressKey Contract, Asset Asset)> tokens, bool internals)
    {
        Coin = coin;
        Address = address;
        Native = native;
        Internals = internals;
        _tokens = [.. tokens.Select(static token => (token.Contract.Bytes.ToArray(), token.Asset))];
    }

    public Coin Coin { get; }

    public IAddressText Address { get; }

    public Asset? Native { get; }

    public bool Internals { get; }

    public IEnumerable<Asset> Tokens => _tokens.Select(static token => token.Asset);

    /// <summary>The asset of a contract; <see langword="null"/> where it is not watched.</summary>
    public Asset? Find(ReadOnlySpan<byte> contract)
    {
        if (_tokens.Length == 0)
        {
            return null;
        }

        Span<byte> key = stackalloc byte[AccountFormat.KeyLength];
        if (Address.KeyLength != key.Length || !Address.TryRead(contract, key))
        {
            return null;
        }

        foreach ((byte[] bytes, Asset asset) in _tokens)
        {
            if (key.SequenceEqual(bytes))
            {
                return asset;
            }
        }

        return null;
    }
}
