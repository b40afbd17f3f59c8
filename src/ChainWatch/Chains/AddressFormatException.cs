namespace ChainWatch;

/// <summary>A text is not an address of the chain it was given for.</summary>
public sealed class AddressFormatException : ChainWatchException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="address">The text that was given.</param>
    /// <param name="reason">What is wrong with it, and what would be right; a sentence without its subject, as in "has 39 digits; an address has 40".</param>
    public AddressFormatException(string address, string reason)
        : base($"'{Shorten(address)}' {reason}")
    {
        Address = address;
    }

    /// <summary>The text that was given.</summary>
    public string Address { get; }

    private static string Shorten(string address) => address.Length <= 120 ? address : string.Concat(address.AsSpan(0, 120), "…");
}
