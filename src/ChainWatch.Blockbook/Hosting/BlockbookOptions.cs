using System.Globalization;

namespace ChainWatch.Blockbook;

/// <summary>What a chain that is read through Blockbook can be configured with, in code and under <c>ChainWatch:Chains:&lt;name&gt;</c>.</summary>
/// <remarks>
/// An endpoint's <c>Url</c> is that of the instance (<c>https://host:9130</c>), its <c>WebSocketUrl</c> that of its WebSocket (<c>wss://host:9130/websocket</c>). Each works without the other; a WebSocket alone
/// (as <c>Url</c>) needs an instance with an extended index.
/// </remarks>
public sealed class BlockbookOptions : ChainOptions
{
    /// <summary>Creates the options. Blocks are read one by one, so fewer are asked for at once than elsewhere.</summary>
    public BlockbookOptions()
    {
        BatchSize = 16;
        Parallelism = 2;
        Confirmations = "";
    }

    /// <summary>The coin, which says how addresses are written and which chain the instances must serve.</summary>
    /// <value>
    /// <c>bitcoin</c> (the default) and its test networks <c>bitcoin-testnet</c>, <c>bitcoin-testnet4</c>, <c>bitcoin-signet</c>, <c>bitcoin-regtest</c>; <c>litecoin</c>, <c>litecoin-testnet</c>, <c>litecoin-regtest</c>; <c>bitcoin-cash</c>,
    /// <c>dogecoin</c>, <c>dash</c>, <c>zcash</c> (transparent addresses); <c>ethereum</c>, <c>ethereum-sepolia</c>, <c>ethereum-classic</c>, <c>bsc</c>, <c>polygon</c>, <c>avalanche</c>, <c>arbitrum</c>, <c>optimism</c>, <c>base</c>. For a coin that is not
    /// among these, name the one that it is nearest to, and give what differs by the options below.
    /// </value>
    public string Coin { get; set; } = "bitcoin";

    /// <summary>The hash of block 0, which every instance must have.</summary>
    /// <value><see langword="null"/> (the default) takes the coin's.</value>
    public string? GenesisHash { get; set; }

    /// <summary>What the instances call the coin for short (<c>getInfo</c>: network, or shortcut); another is refused.</summary>
    /// <value><see langword="null"/> (the default) takes the coin's.</value>
    public string? Shortcut { get; set; }

    /// <summary>The coin's symbol, under which its payments are recorded.</summary>
    /// <value><see langword="null"/> (the default) takes the coin's.</value>
    public string? Symbol { get; set; }

    /// <summary>How many decimal digits the coin's base unit lies below the whole coin.</summary>
    /// <value>0 to 77. <see langword="null"/> (the default) takes the coin's: 8 or 18.</value>
    public int? Decimals { get; set; }

    /// <summary>The version of base58 addresses that pay to the hash of a public key.</summary>
    /// <value>0 to 65,535; above 255 it has two bytes. <see langword="null"/> (the default) takes the coin's.</value>
    public int? PublicKeyHashVersion { get; set; }

    /// <summary>The version of base58 addresses that pay to the hash of a script.</summary>
    /// <value>0 to 65,535; above 255 it has two bytes. <see langword="null"/> (the default) takes the coin's.</value>
    public int? ScriptHashVersion { get; set; }

    /// <summary>Whether the coin itself is watched, on a chain of Ethereum's kind.</summary>
    /// <value>The default is true.</value>
    public bool Native { get; set; } = true;

    /// <summary>The tokens that are watched, on a chain of Ethereum's kind.</summary>
    public IList<BlockbookTokenOptions> Tokens { get; } = [];

    /// <summary>
    /// Whether transfers of the coin inside calls count, on a chain of Ethereum's kind, as far as the instance tells them: one that does not trace blocks, or failed to trace one, tells none and does not say
    /// so. Where a call of the transaction failed, the transfer is held (told in the log as an error), because Blockbook lists those too that were undone.
    /// </summary>
    /// <value>The default is false.</value>
    public bool InternalTransfers { get; set; }

    /// <summary>Whether raw blocks are read and proved, for coins and instances that have them: one request a block, in place of one for each thousand transactions.</summary>
    /// <value>The default is true.</value>
    public bool RawBlocks { get; set; } = true;

    /// <summary>How much the instances are asked.</summary>
    /// <value>The default is <see cref="BlockbookLimits.Public"/>.</value>
    public BlockbookLimits Limits { get; set; }

    /// <inheritdoc/>
    protected override void Read(ConfigurationReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        base.Read(reader);
        Coin = reader.ReadText(nameof(Coin)) ?? Coin;
        GenesisHash = reader.ReadText(nameof(GenesisHash)) ?? GenesisHash;
        Shortcut = reader.ReadText(nameof(Shortcut)) ?? Shortcut;
        Symbol = reader.ReadText(nameof(Symbol)) ?? Symbol;
        Decimals = reader.ReadWhole(nameof(Decimals)) ?? Decimals;
        PublicKeyHashVersion = reader.ReadWhole(nameof(PublicKeyHashVersion)) ?? PublicKeyHashVersion;
        ScriptHashVersion = reader.ReadWhole(nameof(ScriptHashVersion)) ?? ScriptHashVersion;
        Native = reader.ReadFlag(nameof(Native)) ?? Native;
        foreach (ConfigurationReader item in reader.ReadItems(nameof(Tokens)))
        {
            Tokens.Add(new BlockbookTokenOptions
            {
                Symbol = item.ReadText(nameof(BlockbookTokenOptions.Symbol)),
                Contract = item.ReadText(nameof(BlockbookTokenOptions.Contract)),
                Decimals = item.ReadWhole(nameof(BlockbookTokenOptions.Decimals)),
            });
            item.Close();
        }

        InternalTransfers = reader.ReadFlag(nameof(InternalTransfers)) ?? InternalTransfers;
        RawBlocks = reader.ReadFlag(nameof(RawBlocks)) ?? RawBlocks;
        if (reader.ReadText(nameof(Limits)) is { Length: > 0 } limits)
        {
            if (Enum.TryParse(limits, ignoreCase: true, out BlockbookLimits known) && Enum.IsDefined(known) && !char.IsAsciiDigit(limits[0]))
            {
                Limits = known;
            }
            else
            {
                reader.Errors.Add(reader.PathOf(nameof(Limits)), limits, "it must be Public or None");
            }
        }
    }

    /// <inheritdoc/>
    protected override void Validate(string path, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        base.Validate(path, errors);
        Coin? coin = Blockbook.Coin.Find(Coin);
        if (coin is null)
        {
            errors.Add($"{path}:{nameof(Coin)}", Coin, $"it must be one of {string.Join(", ", Blockbook.Coin.Known.Select(static known => known.Name))}");
        }

        if (GenesisHash is not null && !Hash256.TryParse(GenesisHash, out _))
        {
            errors.Add($"{path}:{nameof(GenesisHash)}", GenesisHash, "it must be 64 hexadecimal digits");
        }

        CheckRange(Decimals, 77, nameof(Decimals), path, errors);
        CheckRange(PublicKeyHashVersion, ushort.MaxValue, nameof(PublicKeyHashVersion), path, errors);
        CheckRange(ScriptHashVersion, ushort.MaxValue, nameof(ScriptHashVersion), path, errors);
        if (coin is { Type: CoinType.Bitcoin } && (Tokens.Count > 0 || !Native || InternalTransfers))
        {
            errors.AddMessage($"{path} has {nameof(Tokens)}, {nameof(Native)} false or {nameof(InternalTransfers)}, which {coin.Title} does not have: they are for chains of Ethereum's kind.");
        }

        if (coin is { Type: CoinType.Ethereum } && !Native && Tokens.Count == 0)
        {
            errors.AddMissing($"{path}:{nameof(Tokens)}", "with Native false there is nothing to watch; name at least one token");
        }

        CheckTokens(coin, path, errors);
    }

    /// <summary>The coin with what differs from it; <see langword="null"/> where its name is none.</summary>
    internal Coin? CreateCoin()
    {
        Coin? coin = Blockbook.Coin.Find(Coin);
        if (coin is null)
        {
            return null;
        }

        Hash256 genesis = default;
        bool other = GenesisHash is not null && Hash256.TryParse(GenesisHash, out genesis) && genesis != coin.Genesis;
        coin = coin with
        {
            Genesis = other ? genesis : coin.Genesis,
            Shortcut = Shortcut ?? (other ? null : coin.Shortcut),
            ServerNames = Shortcut is null && !other ? coin.ServerNames : [],
            Symbol = Symbol ?? coin.Symbol,
            Decimals = Decimals ?? coin.Decimals,
            BlockTime = BlockTime is { } time && time > TimeSpan.Zero ? time : coin.BlockTime,
        };
        if (PublicKeyHashVersion is null && ScriptHashVersion is null)
        {
            return coin;
        }

        if (coin.Network is { } network && (PublicKeyHashVersion ?? 0) <= byte.MaxValue && (ScriptHashVersion ?? 0) <= byte.MaxValue)
        {
            return coin with
            {
                Network = network with
                {
                    PublicKeyHashVersion = (byte)(PublicKeyHashVersion ?? network.PublicKeyHashVersion),
                    ScriptHashVersion = (byte)(ScriptHashVersion ?? network.ScriptHashVersion),
                },
            };
        }

        Base58Versions versions = coin.Base58 ?? default;
        return coin with { Network = null, RawBlocksFrom = null, Base58 = new Base58Versions(PublicKeyHashVersion ?? versions.PublicKeyHash, ScriptHashVersion ?? versions.ScriptHash) };
    }

    private static void CheckRange(int? value, int most, string name, string path, ConfigurationErrors errors)
    {
        if (value < 0 || value > most)
        {
            errors.Add($"{path}:{name}", value.Value.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"it must be from 0 to {most}"));
        }
    }

    private void CheckTokens(Coin? coin, string path, ConfigurationErrors errors)
    {
        HashSet<string> symbols = new(StringComparer.OrdinalIgnoreCase);
        if (Native && (Symbol ?? coin?.Symbol) is { } native)
        {
            symbols.Add(native);
        }

        HashSet<AddressKey> contracts = [];
        for (int i = 0; i < Tokens.Count; i++)
        {
            BlockbookTokenOptions token = Tokens[i];
            string tokenPath = string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Tokens)}:{i}");
            if (string.IsNullOrWhiteSpace(token.Symbol))
            {
                errors.AddMissing($"{tokenPath}:{nameof(token.Symbol)}", "give the symbol under which payments of it are recorded, like USDC");
            }
            else if (token.Symbol.Length > 32 || token.Symbol.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)))
            {
                errors.Add($"{tokenPath}:{nameof(token.Symbol)}", token.Symbol, "it must have 1 to 32 characters without spaces");
            }
            else if (!symbols.Add(token.Symbol))
            {
                errors.Add($"{tokenPath}:{nameof(token.Symbol)}", token.Symbol, "another asset of this chain has this symbol; each needs one of its own");
            }

            if (ReadContract(token, tokenPath, errors) is { } contract && !contracts.Add(contract))
            {
                errors.AddMessage($"{tokenPath} is listed already under another symbol.");
            }

            if (token.Decimals is null)
            {
                errors.AddMissing($"{tokenPath}:{nameof(token.Decimals)}", "give the token's decimals, like 6 for USDC");
            }

            CheckRange(token.Decimals, 77, nameof(token.Decimals), tokenPath, errors);
        }
    }

    private static AddressKey? ReadContract(BlockbookTokenOptions token, string path, ConfigurationErrors errors)
    {
        if (string.IsNullOrEmpty(token.Contract))
        {
            errors.AddMissing($"{path}:{nameof(token.Contract)}", "give the address of the token's contract");
            return null;
        }

        try
        {
            return AccountFormat.Instance.ParseAddress(token.Contract);
        }
        catch (AddressFormatException exception)
        {
            errors.AddMessage($"{path}:{nameof(token.Contract)}: {exception.Message}.");
            return null;
        }
    }
}
