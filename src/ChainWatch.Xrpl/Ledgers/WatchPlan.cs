namespace ChainWatch.Xrpl;

/// <summary>The assets that are watched.</summary>
internal sealed class WatchPlan
{
    private readonly Dictionary<AddressKey, Asset> _tokens = [];

    /// <param name="native">XRP; <see langword="null"/> where it is not watched.</param>
    /// <param name="tokens">The tokens by what identifies them: the 40 bytes of currency and issuer, or the 24 of a multi-purpose token's issuance.</param>
    /// <param name="requireTag">True where payments without a tag to a watched account are held instead of recorded.</param>
    public WatchPlan(Asset? native, IEnumerable<(AddressKey Id, Asset Asset)> tokens, bool requireTag)
    {
        Native = native;
        RequireTag = requireTag;
        foreach ((AddressKey id, Asset asset) in tokens)
        {
            _tokens.Add(id, asset);
        }
    }

    public Asset? Native { get; }

    public bool RequireTag { get; }

    /// <summary>The tokens by what identifies them, in the order in which they are configured.</summary>
    public IReadOnlyDictionary<AddressKey, Asset> Tokens => _tokens;

    public bool HasTokens => _tokens.Count > 0;

    /// <summary>The asset of an issued currency or multi-purpose token; <see langword="null"/> where it is not watched.</summary>
    public Asset? Find(ReadOnlySpan<byte> id) => _tokens.Count > 0 && _tokens.TryGetValue(new AddressKey(id), out Asset? asset) ? asset : null;
}
