namespace ChainWatch.Blockbook;

/// <summary>Which chain this is, by configuration. An instance of another one is refused. Where block 0 is not known beforehand, the first instance's is it from then on.</summary>
internal sealed class BlockbookIdentity
{
    private readonly string _path;
    private readonly Coin _coin;
    private readonly Lock _lock = new();
    private Hash256? _genesis;

    public BlockbookIdentity(string chain, Coin coin)
    {
        _path = ChainWatchConfiguration.ChainPath(chain);
        _coin = coin;
        _genesis = coin.Genesis;
    }

    /// <summary>Takes what an instance says about itself.</summary>
    /// <exception cref="EndpointRefusedException">It serves another chain.</exception>
    /// <exception cref="EndpointException">It does not say enough to tell.</exception>
    public void Accept(string endpoint, ServerInfo info)
    {
        if (info.Shortcut is { } shortcut && _coin.Shortcut is { } expected && !string.Equals(shortcut, expected, StringComparison.OrdinalIgnoreCase))
        {
            throw Refused(endpoint, $"serves {Shown(shortcut)}, but this chain is {_coin.Title} ({expected})");
        }

        if (info.Decimals is { } decimals && decimals != _coin.Decimals)
        {
            throw Refused(endpoint, $"serves a coin with {decimals} decimals, but {_coin.Title} has {_coin.Decimals}");
        }

        if (info.Shortcut is null && _coin.ServerNames.Count > 0 && !_coin.ServerNames.Contains(info.Name, StringComparer.OrdinalIgnoreCase))
        {
            throw Refused(endpoint, $"serves '{Shown(info.Name ?? "")}', but this chain is {_coin.Title}, which has the same block 0 as other chains");
        }

        lock (_lock)
        {
            if (info.Genesis.IsZero)
            {
                if (_genesis is not null)
                {
                    throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{endpoint}' does not tell the hash of block 0, by which the chain is known: its index is not complete yet");
                }

                return;
            }

            _genesis ??= info.Genesis;
            if (_genesis != info.Genesis)
            {
                throw Refused(endpoint, $"serves a chain whose block 0 is {info.Genesis}, but that of {_coin.Title} is {_genesis}");
            }
        }
    }

    private static string Shown(string text) => text.Length <= 40 && text.All(static c => c is >= ' ' and <= '~') ? text : "another coin";

    private EndpointRefusedException Refused(string endpoint, string what) =>
        new($"endpoint '{endpoint}' {what}; correct its Url under {_path}:Endpoints, or {_path}:Coin (and GenesisHash, Shortcut and Decimals, where the coin is none of those that have names)");
}
