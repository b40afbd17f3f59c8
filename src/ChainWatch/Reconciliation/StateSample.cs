using System.Numerics;

namespace ChainWatch;

/// <summary>The balances of one address at one point.</summary>
internal sealed class StateSample(ChainPoint point, long? sent, IReadOnlyList<AssetBalance> balances)
{
    private readonly Dictionary<string, BigInteger> _balances = balances.ToDictionary(static one => one.Asset.Symbol, static one => one.Amount, StringComparer.Ordinal);

    public StateSample(ChainPoint point, AddressState state)
        : this(point, state.Sent, state.Balances)
    {
    }

    public StateSample(ReconciledState state)
        : this(state.Point, state.Sent, state.Balances)
    {
    }

    public ChainPoint Point => point;

    public long Height => point.Height;

    public long? Sent => sent;

    /// <summary>The balance of an asset: nothing where it is not told, as of a token whose contract did not exist yet.</summary>
    public BigInteger this[Asset asset] => _balances.GetValueOrDefault(asset.Symbol);

    /// <summary>True where the address is known to have sent transactions since.</summary>
    public bool IsBusierThan(StateSample before) => sent is { } now && before.Sent is { } then && now != then;

    public bool Has(Asset asset) => _balances.ContainsKey(asset.Symbol);
}
