using System.Diagnostics.CodeAnalysis;

namespace ChainWatch.Evm;

/// <summary>Which chain this is: as configured, else as the first endpoint said. Every endpoint must say the same.</summary>
internal sealed class EvmIdentity
{
    private static readonly HashSet<long> DevelopmentChains = [1337, 31337];

    // Gnosis pays its validators in a token, through a contract: their withdrawals are no native coin.
    private static readonly HashSet<long> WithdrawalsInToken = [100, 10200];

    private readonly Lock _lock = new();
    private readonly string _path;
    private long? _chainId;
    private Hash256? _genesis;

    public EvmIdentity(string chain, long? chainId, Hash256? genesis)
    {
        _path = ChainWatchConfiguration.ChainPath(chain);
        _chainId = chainId;
        _genesis = genesis;
    }

    public bool KnowsGenesis
    {
        get
        {
            lock (_lock)
            {
                return _genesis is not null;
            }
        }
    }

    /// <summary>True on chains that exist only on a developer's machine, whose marks are made up.</summary>
    public bool IsDevelopment
    {
        get
        {
            lock (_lock)
            {
                return _chainId is { } id && DevelopmentChains.Contains(id);
            }
        }
    }

    /// <summary>True where validator withdrawals are paid in the native coin.</summary>
    public bool PaysWithdrawals
    {
        get
        {
            lock (_lock)
            {
                return _chainId is not { } id || !WithdrawalsInToken.Contains(id);
            }
        }
    }

    /// <summary>Takes what an endpoint says about itself.</summary>
    /// <exception cref="EndpointRefusedException">It is another chain.</exception>
    public void Accept(string endpoint, long chainId, Hash256? genesis)
    {
        lock (_lock)
        {
            if (_chainId is { } expected && expected != chainId)
            {
                Refuse($"endpoint '{endpoint}' serves chain id {chainId}, but this chain has {expected}; correct its Url under {_path}:Endpoints, or {_path}:ChainId");
            }

            if (_genesis is { } first && genesis is { } other && first != other)
            {
                Refuse($"endpoint '{endpoint}' serves a chain with chain id {chainId} whose first block is 0x{other}, but this chain's is 0x{first}; correct its Url under {_path}:Endpoints, or {_path}:GenesisHash");
            }

            _chainId ??= chainId;
            _genesis ??= genesis;
        }
    }

    [DoesNotReturn]
    private static void Refuse(string message) => throw new EndpointRefusedException(message);
}
