namespace ChainWatch;

/// <summary>A chain was named that is not configured.</summary>
public sealed class UnknownChainException : ChainWatchException
{
    /// <summary>Creates the exception.</summary>
    public UnknownChainException(string chain, IEnumerable<string> configured)
        : base($"No chain '{chain}' is configured. Configured are: {string.Join(", ", configured)}. Add it under ChainWatch:Chains:{chain}, or correct the name.")
    {
    }
}
