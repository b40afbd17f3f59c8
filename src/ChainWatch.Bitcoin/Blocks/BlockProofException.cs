namespace ChainWatch.Bitcoin;

/// <summary>A block does not prove itself.</summary>
internal sealed class BlockProofException(string check, string message) : Exception(message)
{
    /// <summary>The check that it failed, as it appears in metrics.</summary>
    public string Check => check;
}
