namespace ChainWatch.Xrpl;

/// <summary>A ledger is there, but not validated: it may yet be another one.</summary>
internal sealed class NotValidatedException : Exception
{
    public NotValidatedException()
        : base("the ledger is not validated")
    {
    }
}
