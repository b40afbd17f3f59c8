using System.Diagnostics.Metrics;
using System.Numerics;

namespace ChainWatch;

/// <summary>
/// Shows what the host's own wallets hold in the metrics <c>chainwatch.wallet.balance</c> and <c>chainwatch.wallet.balance.age</c> and in <c>/health/detailed</c>, so that somebody is told before a hot
/// wallet runs dry. ChainWatch does not ask for balances itself: the host reports what it knows, as often as it likes, and the age says how long ago that was.
/// It is a service of every host that calls <c>AddChainWatch</c>.
/// </summary>
public sealed class WalletBalances : IDisposable
{
    /// <summary>How many balances there may be: 200. A wallet is one of the operator's own, not a customer's, and each is a series in every metrics store.</summary>
    public const int MaxBalances = 200;

    private const int MaxNameLength = 64;
    private readonly ChainRegistry _chains;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Chain, string Wallet, string Asset), (BigInteger Amount, int Decimals, long At)> _balances = [];

    internal WalletBalances(ChainRegistry chains, TimeProvider time, object? scope = null)
    {
        _chains = chains;
        _time = time;
        _meter = new Meter(new MeterOptions(ChainWatchTelemetry.MeterName) { Scope = scope });
        _meter.CreateObservableGauge("chainwatch.wallet.balance", () => Observe(static one => (double)one.Amount / Math.Pow(10, one.Decimals)), unit: null, "What a wallet holds, in whole units of the asset, as last reported.");
        _meter.CreateObservableGauge("chainwatch.wallet.balance.age", () => Observe(static one => one.Age.TotalSeconds), "s", "How long ago a wallet's balance was last reported.");
    }

    /// <summary>Reports what a wallet holds now. It replaces what was reported for it before. Safe to call from any thread.</summary>
    /// <param name="chain">The chain's name, one of those configured.</param>
    /// <param name="wallet">The wallet's name, such as <c>hot</c>, never an address: 1 to 64 characters.</param>
    /// <param name="asset">The asset's symbol: 1 to 64 characters.</param>
    /// <param name="amount">The balance in the asset's base unit, from 0 up.</param>
    /// <param name="decimals">The asset's decimals, 0 to 77: how many digits of <paramref name="amount"/> stand after the point.</param>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    /// <exception cref="ArgumentException">A name is empty, too long or holds control characters, or a number is out of its range.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxBalances"/> balances already, and this would be a new one.</exception>
    public void Report(string chain, string wallet, string asset, BigInteger amount, int decimals)
    {
        string name = _chains.Get(chain).Chain.Name;
        CheckName(wallet, nameof(wallet));
        CheckName(asset, nameof(asset));
        ArgumentOutOfRangeException.ThrowIfLessThan(amount, BigInteger.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(decimals, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decimals, 77);
        lock (_lock)
        {
            if (_balances.Count >= MaxBalances && !_balances.ContainsKey((name, wallet, asset)))
            {
                throw new InvalidOperationException($"There are {MaxBalances} wallet balances already; '{wallet}' ({asset} on {name}) would be one more. Report the operator's own wallets only, by name.");
            }

            _balances[(name, wallet, asset)] = (amount, decimals, _time.GetTimestamp());
        }
    }

    /// <summary>Forgets a wallet that is no longer used, so that nobody is told that its balance grows old.</summary>
    /// <param name="chain">The chain's name, one of those configured.</param>
    /// <param name="wallet">The wallet's name.</param>
    /// <param name="asset">The asset's symbol.</param>
    /// <returns>False when it was not there.</returns>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    public bool Remove(string chain, string wallet, string asset)
    {
        string name = _chains.Get(chain).Chain.Name;
        lock (_lock)
        {
            return _balances.Remove((name, wallet, asset));
        }
    }

    /// <summary>What was last reported of each wallet, by chain, wallet and asset.</summary>
    public IReadOnlyList<WalletBalance> Read()
    {
        lock (_lock)
        {
            return
            [
                .. _balances.OrderBy(static one => one.Key).Select(one => new WalletBalance
                {
                    Chain = one.Key.Chain,
                    Wallet = one.Key.Wallet,
                    Asset = one.Key.Asset,
                    Amount = one.Value.Amount,
                    Decimals = one.Value.Decimals,
                    Age = _time.GetElapsedTime(one.Value.At),
                }),
            ];
        }
    }

    /// <summary>Takes the gauges away.</summary>
    public void Dispose() => _meter.Dispose();

    private static void CheckName(string value, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value, parameter);
        if (value.Length > MaxNameLength || value.Any(char.IsControl))
        {
            throw new ArgumentException($"'{value}' must have 1 to {MaxNameLength} characters, none of them a control character.", parameter);
        }
    }

    // A gauge is for display and alerts: nothing is computed from it.
    private IEnumerable<Measurement<double>> Observe(Func<WalletBalance, double> measure) => Read().Select(one => new Measurement<double>(
        measure(one), new KeyValuePair<string, object?>("chain", one.Chain), new("wallet", one.Wallet), new("asset", one.Asset)));
}
