namespace ChainWatch.Xrpl;

/// <summary>One changed ledger entry of a transaction's metadata, as far as it says who holds how much: the fields before and after, as they stand in the metadata.</summary>
internal ref struct EntryChange
{
    /// <summary>Where the entry stands among the affected ones.</summary>
    public int Position;

    /// <summary>How it was affected: <see cref="Field.CreatedNode"/>, <see cref="Field.ModifiedNode"/> or <see cref="Field.DeletedNode"/>.</summary>
    public int Change;

    public uint Type;
    public ReadOnlySpan<byte> Account;
    public ReadOnlySpan<byte> Destination;
    public ReadOnlySpan<byte> Before;
    public ReadOnlySpan<byte> After;
    public ReadOnlySpan<byte> LowLimit;
    public ReadOnlySpan<byte> HighLimit;
    public ReadOnlySpan<byte> Issuance;
    public uint? DestinationTag;

    /// <summary>True where a field changed besides the one that says how much.</summary>
    public bool OtherBefore;
}
