namespace DepositMonitor;

/// <summary>What an address received of an asset, in the asset's base unit.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Pending">What is not confirmed yet.</param>
/// <param name="Confirmed">What is.</param>
public sealed record AddressBalance(string Asset, string Pending, string Confirmed);
