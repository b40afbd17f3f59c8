using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook;

/// <summary>What one coin differs in from another. Sources: the coins' own <c>chainparams.cpp</c>; Blockbook's <c>configs/coins</c>; the networks' block 0.</summary>
internal sealed record Coin
{
    private static readonly Hash256 EthereumGenesis = Hash256.Parse("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3");

    /// <summary>The name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>What people call it, for messages.</summary>
    public required string Title { get; init; }

    public required CoinType Type { get; init; }

    /// <summary>The symbol under which the coin is recorded.</summary>
    public required string Symbol { get; init; }

    /// <summary>What Blockbook calls it for short; <see langword="null"/> where that is not certain.</summary>
    public string? Shortcut { get; init; }

    public int Decimals { get; init; } = 8;

    /// <summary>The hash of block 0; <see langword="null"/> where it is not known here.</summary>
    public required Hash256? Genesis { get; init; }

    /// <summary>What instances call a coin that has the same block 0 as another, which is told apart by its name; empty for all others.</summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    public required TimeSpan BlockTime { get; init; }

    /// <summary>When a payment is confirmed where the configuration says nothing.</summary>
    public string Confirmations { get; init; } = "6";

    /// <summary>How deep a block is when it counts as final: Blockbook tells no mark for it.</summary>
    public int FinalityDepth { get; init; } = 100;

    /// <summary>How many blocks must stand on a block's reward before it can be spent.</summary>
    public int RewardMaturity { get; init; }

    /// <summary>How addresses with witness programs are written, and raw blocks are read; <see langword="null"/> for coins of another form.</summary>
    public BitcoinNetwork? Network { get; init; }

    /// <summary>How base58 addresses begin, where <see cref="Network"/> does not say it.</summary>
    public Base58Versions? Base58 { get; init; }

    /// <summary>What addresses in the form of CashAddr begin with, before the colon; <see langword="null"/> for coins that have none.</summary>
    public string? CashPrefix { get; init; }

    /// <summary>True where a block is known by the double SHA-256 of 80 bytes that hold the root of its transactions, so that what the server tells of a block proves itself.</summary>
    public bool ProvesHeaders { get; init; }

    /// <summary>
    /// The height from which a block's first transaction says how high the block is (BIP-34): what a raw block needs, which says nothing else about it. <see langword="null"/> where raw blocks are not read.
    /// </summary>
    public long? RawBlocksFrom { get; init; }

    /// <summary>True where blocks come when a developer asks for them.</summary>
    public bool IsDevelopment { get; init; }

    public static Coin BitcoinMainnet { get; } = OfNetwork("bitcoin", BitcoinNetwork.Mainnet, 227_931) with { Shortcut = "BTC", ServerNames = ["Bitcoin"] };

    /// <summary>The coins that have names.</summary>
    public static IReadOnlyList<Coin> Known { get; } =
    [
        BitcoinMainnet,
        OfNetwork("bitcoin-testnet", BitcoinNetwork.Testnet, 21_111),
        OfNetwork("bitcoin-testnet4", BitcoinNetwork.Testnet4, 1),
        OfNetwork("bitcoin-signet", BitcoinNetwork.Signet, 1),
        OfNetwork("bitcoin-regtest", BitcoinNetwork.Regtest, 1),
        OfNetwork("litecoin", BitcoinNetwork.Litecoin, 710_000) with { Shortcut = "LTC" },
        OfNetwork("litecoin-testnet", BitcoinNetwork.LitecoinTestnet, 76),
        OfNetwork("litecoin-regtest", BitcoinNetwork.LitecoinRegtest, 1),
        OfBase58("bitcoin-cash", "Bitcoin Cash", "BCH", BitcoinNetwork.Mainnet.Genesis!.Value, new Base58Versions(0x00, 0x05), TimeSpan.FromMinutes(10), 100) with
        {
            CashPrefix = "bitcoincash",
            ProvesHeaders = true,
            ServerNames = ["Bcash", "Bitcoin Cash"],
        },
        OfBase58("dogecoin", "Dogecoin", "DOGE", Hash256.Parse("1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691"), new Base58Versions(0x1e, 0x16), TimeSpan.FromMinutes(1), 240) with
        {
            Confirmations = "40",
            FinalityDepth = 240,
            ProvesHeaders = true,
        },
        OfBase58("dash", "Dash", "DASH", Hash256.Parse("00000ffd590b1485b3caadc19b22e6379c733355108f107a430458cdf3407ab6"), new Base58Versions(0x4c, 0x10), TimeSpan.FromSeconds(157), 100),
        OfBase58("zcash", "Zcash", "ZEC", Hash256.Parse("00040fe8ec8471911baa1db1266ea15dd06b4a8a5c453883c000b031973dce08"), new Base58Versions(0x1cb8, 0x1cbd), TimeSpan.FromSeconds(75), 100) with
        {
            Confirmations = "24",
        },
        OfAccounts("ethereum", "Ethereum", "ETH", EthereumGenesis, 12) with { ServerNames = ["Ethereum", "Ethereum Archive"] },
        OfAccounts("ethereum-sepolia", "Ethereum's test network Sepolia", "ETH", Hash256.Parse("25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"), 12) with { Shortcut = null },
        OfAccounts("ethereum-classic", "Ethereum Classic", "ETC", EthereumGenesis, 13) with { ServerNames = ["Ethereum Classic"], Confirmations = "500", FinalityDepth = 7_000 },
        OfAccounts("bsc", "BNB Smart Chain", "BNB", Hash256.Parse("0d21840abff46b96c84b2ac9e10e4f5cdaeb5693cb665db62a2f3b02d2d57b5b"), 1) with { Shortcut = null },
        OfAccounts("polygon", "Polygon", "POL", Hash256.Parse("a9c28ce2141b56c474f1dc504bee9b01eb1bd7d1a507580d5519d4437a97de1b"), 2) with { Shortcut = null, Confirmations = "256", FinalityDepth = 512 },
        OfAccounts("avalanche", "Avalanche", "AVAX", Hash256.Parse("31ced5b9beb7f8782b014660da0cb18cc409f121f408186886e1ca3e8eeca96b"), 2) with { Shortcut = null },
        OfAccounts("arbitrum", "Arbitrum", "ETH", Hash256.Parse("7ee576b35482195fc49205cec9af72ce14f003b9ae69f6ba0faef4514be8b442"), 1) with { Shortcut = null, FinalityDepth = 10_000 },
        OfAccounts("optimism", "Optimism", "ETH", Hash256.Parse("7ca38a1916c42007829c55e69d3e9a73265554b586a499015373241b8a3fa48b"), 2) with { Shortcut = null, FinalityDepth = 5_000 },
        OfAccounts("base", "Base", "ETH", Hash256.Parse("f712aa9241cc24369b143cf6dce85f0902a9731e70d66818a3a5845b296c73dd"), 2) with { Shortcut = null, FinalityDepth = 5_000 },
    ];

    /// <summary>The coin of a name, whatever its case; <see langword="null"/> for a name that is none.</summary>
    public static Coin? Find(string? name) => Known.FirstOrDefault(coin => string.Equals(coin.Name, name, StringComparison.OrdinalIgnoreCase));

    private static Coin OfNetwork(string name, BitcoinNetwork network, long rawBlocksFrom) => new()
    {
        Name = name,
        Title = network.Title,
        Type = CoinType.Bitcoin,
        Symbol = network.Symbol,
        Genesis = network.Genesis,
        BlockTime = network.BlockTime,
        RewardMaturity = BitcoinBlock.RewardMaturity,
        Network = network,
        ProvesHeaders = true,
        RawBlocksFrom = rawBlocksFrom,
        IsDevelopment = network.IsDevelopment,
    };

    private static Coin OfBase58(string name, string title, string symbol, Hash256 genesis, Base58Versions versions, TimeSpan blockTime, int maturity) => new()
    {
        Name = name,
        Title = title,
        Type = CoinType.Bitcoin,
        Symbol = symbol,
        Shortcut = symbol,
        Genesis = genesis,
        BlockTime = blockTime,
        RewardMaturity = maturity,
        Base58 = versions,
    };

    private static Coin OfAccounts(string name, string title, string symbol, Hash256 genesis, int seconds) => new()
    {
        Name = name,
        Title = title,
        Type = CoinType.Ethereum,
        Symbol = symbol,
        Shortcut = symbol,
        Decimals = 18,
        Genesis = genesis,
        BlockTime = TimeSpan.FromSeconds(seconds),
        Confirmations = "64",
        FinalityDepth = 128,
    };
}
