namespace ChainWatch;

/// <summary>An address is watched already for something else. Nothing was registered.</summary>
public sealed class WatchConflictException : ChainWatchException
{
    /// <summary>Creates the exception.</summary>
    public WatchConflictException(string chain, string address, PaymentReference? existing, PaymentReference? requested)
        : base($"{address} is already watched on chain '{chain}' for {Say(existing)}, not for {Say(requested)}. Give each reference an address of its own, or remove the address first.")
    {
    }

    private static string Say(PaymentReference? reference) => reference is null ? "no reference" : $"'{reference}'";
}
