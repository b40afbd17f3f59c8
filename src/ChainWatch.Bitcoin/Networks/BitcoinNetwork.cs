namespace ChainWatch.Bitcoin;

/// <summary>
/// What one network differs in from another: how its addresses are written, and how its nodes name it. Sources: Bitcoin Core <c>src/kernel/chainparams.cpp</c>, Litecoin Core
/// <c>src/chainparams.cpp</c>.
/// </summary>
internal sealed record BitcoinNetwork
{
    /// <summary>The name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>What people call it, for messages.</summary>
    public required string Title { get; init; }

    /// <summary>What a node's <c>getblockchaininfo</c> calls it.</summary>
    public required string ChainName { get; init; }

    /// <summary>The hash of block 0.</summary>
    public required Hash256? Genesis { get; init; }

    /// <summary>The version byte of addresses that pay to the hash of a public key.</summary>
    public required byte PublicKeyHashVersion { get; init; }

    /// <summary>The version byte of addresses that pay to the hash of a script.</summary>
    public required byte ScriptHashVersion { get; init; }

    /// <summary>Another version byte that such addresses had before, and that is still read; never written.</summary>
    public byte? OldScriptHashVersion { get; init; }

    /// <summary>What addresses of witness programs begin with.</summary>
    public required string Prefix { get; init; }

    /// <summary>The native coin's symbol.</summary>
    public required string Symbol { get; init; }

    /// <summary>The usual time between two blocks.</summary>
    public required TimeSpan BlockTime { get; init; }

    /// <summary>True where blocks may carry MimbleWimble extension blocks (Litecoin), which are skipped.</summary>
    public bool ExtensionBlocks { get; init; }

    /// <summary>True where blocks come when a developer asks for them, and their times say nothing about a node's being behind.</summary>
    public bool IsDevelopment { get; init; }

    public static BitcoinNetwork Mainnet { get; } = new()
    {
        Name = "mainnet",
        Title = "Bitcoin",
        ChainName = "main",
        Genesis = Hash256.Parse("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"),
        PublicKeyHashVersion = 0x00,
        ScriptHashVersion = 0x05,
        Prefix = "bc",
        Symbol = "BTC",
        BlockTime = TimeSpan.FromMinutes(10),
    };

    public static BitcoinNetwork Testnet { get; } = Mainnet with
    {
        Name = "testnet",
        Title = "Bitcoin's test networks",
        ChainName = "test",
        Genesis = Hash256.Parse("000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"),
        PublicKeyHashVersion = 0x6f,
        ScriptHashVersion = 0xc4,
        Prefix = "tb",
    };

    public static BitcoinNetwork Testnet4 { get; } = Testnet with
    {
        Name = "testnet4",
        ChainName = "testnet4",
        Genesis = Hash256.Parse("00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043"),
    };

    public static BitcoinNetwork Signet { get; } = Testnet with
    {
        Name = "signet",
        ChainName = "signet",
        Genesis = Hash256.Parse("00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6"),
    };

    public static BitcoinNetwork Regtest { get; } = Testnet with
    {
        Name = "regtest",
        Title = "Bitcoin's regression test network",
        ChainName = "regtest",
        Genesis = Hash256.Parse("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"),
        Prefix = "bcrt",
        IsDevelopment = true,
    };

    public static BitcoinNetwork Litecoin { get; } = new()
    {
        Name = "litecoin",
        Title = "Litecoin",
        ChainName = "main",
        Genesis = Hash256.Parse("12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2"),
        PublicKeyHashVersion = 0x30,
        ScriptHashVersion = 0x32,
        OldScriptHashVersion = 0x05,
        Prefix = "ltc",
        Symbol = "LTC",
        BlockTime = TimeSpan.FromSeconds(150),
        ExtensionBlocks = true,
    };

    public static BitcoinNetwork LitecoinTestnet { get; } = Litecoin with
    {
        Name = "litecoin-testnet",
        Title = "Litecoin's test network",
        ChainName = "test",
        Genesis = Hash256.Parse("4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0"),
        PublicKeyHashVersion = 0x6f,
        ScriptHashVersion = 0x3a,
        OldScriptHashVersion = 0xc4,
        Prefix = "tltc",
    };

    public static BitcoinNetwork LitecoinRegtest { get; } = LitecoinTestnet with
    {
        Name = "litecoin-regtest",
        Title = "Litecoin's regression test network",
        ChainName = "regtest",
        Genesis = Hash256.Parse("530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9"),
        Prefix = "rltc",
        IsDevelopment = true,
    };

    /// <summary>The networks that have names.</summary>
    public static IReadOnlyList<BitcoinNetwork> Known { get; } = [Mainnet, Testnet, Testnet4, Signet, Regtest, Litecoin, LitecoinTestnet, LitecoinRegtest];

    /// <summary>The network of a name, whatever its case; <see langword="null"/> for a name that is none.</summary>
    public static BitcoinNetwork? Find(string? name) => Known.FirstOrDefault(network => string.Equals(network.Name, name, StringComparison.OrdinalIgnoreCase));
}
