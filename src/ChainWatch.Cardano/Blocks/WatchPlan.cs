namespace ChainWatch.Cardano;

/// <summary>What a chain is watched for: how its addresses are compared, and which of its assets count.</summary>
internal sealed class WatchPlan
{
    private readonly Dictionary<string, Asset> _tokens;

    /// <param name="format">How addresses are compared.</param>
    /// <param name="native">Ada; <see langword="null"/> where it is not watched.</param>
    /// <param name="tokens">The tokens by policy and name: all digits of both, lower case, without anything between them.</param>
    public WatchPlan(CardanoFormat format, Asset? native, IReadOnlyDictionary<string, Asset> tokens)
    {
        Format = format;
        Native = native;
        _tokens = new Dictionary<string, Asset>(tokens, StringComparer.Ordinal);
    }

    public CardanoFormat Format { get; }

    public Asset? Native { get; }

    public IEnumerable<Asset> Assets => Native is null ? _tokens.Values : _tokens.Values.Prepend(Native);

    public Asset? Find(string token) => _tokens.GetValueOrDefault(token);
}
