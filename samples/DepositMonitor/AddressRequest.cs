namespace DepositMonitor;

/// <summary>An address to watch.</summary>
public sealed class AddressRequest
{
    public required string Chain { get; init; }

    public required string Address { get; init; }

    /// <summary>The kind of thing that it stands for, as in <c>order</c>; with <see cref="ReferenceId"/>.</summary>
    public string? ReferenceType { get; init; }

    /// <summary>Which one, as in <c>1042</c>.</summary>
    public string? ReferenceId { get; init; }

    /// <summary>The height from which payments count; nothing for the next block.</summary>
    public long? Since { get; init; }
}
