namespace ChainWatch.Blockbook;

/// <summary>The two kinds of chain that Blockbook knows, which differ in what a transaction says.</summary>
internal enum CoinType
{
    /// <summary>Outputs that are spent: Bitcoin and its kin.</summary>
    Bitcoin,

    /// <summary>Accounts, tokens and contracts: Ethereum and its kin.</summary>
    Ethereum,
}
