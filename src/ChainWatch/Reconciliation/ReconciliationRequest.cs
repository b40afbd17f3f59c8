namespace ChainWatch;

/// <summary>What to compare with the chain.</summary>
public sealed record ReconciliationRequest
{
    /// <summary>The watched addresses to compare; <see langword="null"/> for all of the chain.</summary>
    public IReadOnlyList<AddressKey>? Addresses { get; init; }

    /// <summary>The first block whose payments are compared; <see langword="null"/> for each address's own first one, or for what was not compared before.</summary>
    public long? FromHeight { get; init; }

    /// <summary>The last block whose payments are compared; <see langword="null"/> for the newest final one.</summary>
    public long? ToHeight { get; init; }

    /// <summary>
    /// Whether all blocks of the range are read again and each payment is compared, whatever the balances say: slow, and complete even where the chain tells no balances, or an owner spent what
    /// arrived.
    /// </summary>
    public bool ReadBlocks { get; init; }

    /// <summary>Whether what may be repaired is repaired, by reading its block again on the way that every payment takes.</summary>
    public bool Repair { get; init; }

    /// <summary>Who asked: <see cref="ScheduledBy"/>, or whoever <see cref="AuditActor"/> names.</summary>
    public string? RequestedBy { get; init; }

    /// <summary>What <see cref="RequestedBy"/> says of the runs that the schedule asks for.</summary>
    public const string ScheduledBy = "schedule";
}
