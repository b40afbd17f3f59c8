namespace ChainWatch.Xrpl;

/// <summary>An answer or a binary object is not of the protocol's shape. It never leaves the package: what it was read from is refused.</summary>
internal sealed class LedgerFormatException : Exception
{
    public LedgerFormatException(string message)
        : base(message)
    {
    }
}
