namespace DepositMonitor;

/// <summary>What is known of a watched address.</summary>
/// <param name="Address">The address in its usual form.</param>
/// <param name="ReferenceType">The kind of thing that it stands for.</param>
/// <param name="ReferenceId">Which one.</param>
/// <param name="FromHeight">The height from which payments count.</param>
/// <param name="AddedAt">When it was registered.</param>
/// <param name="Balances">What it received, by asset.</param>
public sealed record AddressFound(string Address, string? ReferenceType, string? ReferenceId, long FromHeight, DateTimeOffset AddedAt, IReadOnlyList<AddressBalance> Balances);
