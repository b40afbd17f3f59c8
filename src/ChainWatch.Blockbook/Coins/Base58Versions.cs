namespace ChainWatch.Blockbook;

/// <summary>What a coin's base58 addresses begin with: one byte, or two (Zcash) as a number above 255.</summary>
/// <param name="PublicKeyHash">Before the hash of a public key.</param>
/// <param name="ScriptHash">Before the hash of a script.</param>
internal readonly record struct Base58Versions(int PublicKeyHash, int ScriptHash)
{
    /// <summary>How many bytes a version has here.</summary>
    public int Length => PublicKeyHash > byte.MaxValue ? 2 : 1;
}
