namespace DepositMonitor;

/// <summary>Says that an address is watched.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Address">The address as it was asked for.</param>
/// <param name="Added">False where it was watched before.</param>
public sealed record AddressAdded(string Chain, string Address, bool Added);
