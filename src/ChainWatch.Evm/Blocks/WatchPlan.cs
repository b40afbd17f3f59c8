using System.Numerics;

namespace ChainWatch.Evm;

/// <summary>What is looked for in the blocks of a chain.</summary>
internal sealed class WatchPlan
{
    /// <summary>The contracts, each at the first free place from that of its hash on, and one more than the place of its asset: 0 is free.</summary>
    private readonly (EvmAddress Contract, int Asset)[] _tokens;
    private WatchPlan? _withoutNative;
    private WatchPlan? _withoutWithdrawals;

    /// <param name="native">The native coin; <see langword="null"/> where it is not watched.</param>
    /// <param name="tokens">The watched tokens and their contracts.</param>
    /// <param name="internalTransfers">Whether value that contracts move is looked for by tracing.</param>
    /// <param name="withdrawals">Whether validator withdrawals count as payments.</param>
    public WatchPlan(Asset? native, IReadOnlyList<(EvmAddress Contract, Asset Asset)> tokens, bool internalTransfers, bool withdrawals)
    {
        Native = native is not null;
        InternalTransfers = internalTransfers && Native;
        Withdrawals = withdrawals && Native;
        Dictionary<EvmAddress, int> byContract = [];
        List<Asset> assets = native is null ? [] : [native];
        foreach ((EvmAddress contract, Asset asset) in tokens)
        {
            byContract.Add(contract, assets.Count);
            assets.Add(asset);
        }

        Assets = assets;
        Tokens = tokens;
        TokenContracts = [.. tokens.Select(static token => token.Contract)];
        if (Native)
        {
            byContract.TryAdd(NativeLogs.Emitter, 0);
        }

        _tokens = new (EvmAddress, int)[BitOperations.RoundUpToPowerOf2((uint)(byContract.Count + 1) * 4)];
        foreach ((EvmAddress contract, int asset) in byContract)
        {
            _tokens[PlaceOf(in contract)] = (contract, asset + 1);
        }
    }

    /// <summary>The same without anything but the tokens: what headers alone can be read for.</summary>
    public WatchPlan WithoutNative => _withoutNative ??= new WatchPlan(native: null, Tokens, internalTransfers: false, withdrawals: false);

    /// <summary>The same without withdrawals.</summary>
    public WatchPlan WithoutWithdrawals => _withoutWithdrawals ??= new WatchPlan(Native ? Assets[0] : null, Tokens, InternalTransfers, withdrawals: false);

    /// <summary>The assets; the native coin is the first one where it is watched.</summary>
    public IReadOnlyList<Asset> Assets { get; }

    /// <summary>True where the native coin is watched.</summary>
    public bool Native { get; }

    public bool InternalTransfers { get; }

    public bool Withdrawals { get; }

    private IReadOnlyList<(EvmAddress Contract, Asset Asset)> Tokens { get; }

    /// <summary>The contracts of the watched tokens.</summary>
    public IReadOnlyList<EvmAddress> TokenContracts { get; }

    /// <summary>The asset whose transfers this contract logs, by its place in <see cref="Assets"/>; -1 for a contract that is not watched.</summary>
    public int AssetOf(in EvmAddress contract) => _tokens[PlaceOf(in contract)].Asset - 1;

    /// <summary>Where this contract stands, or would stand.</summary>
    private int PlaceOf(in EvmAddress contract)
    {
        // Any log's contract is looked for: a dictionary, which copies its keys, takes several times as long.
        int place = contract.GetHashCode() & (_tokens.Length - 1);
        while (_tokens[place].Asset != 0 && _tokens[place].Contract != contract)
        {
            place = (place + 1) & (_tokens.Length - 1);
        }

        return place;
    }
}
