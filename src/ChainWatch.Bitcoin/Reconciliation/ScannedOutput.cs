namespace ChainWatch.Bitcoin;

/// <summary>An unspent output as <c>scantxoutset</c> tells it.</summary>
/// <param name="Key">The key of the address whose script it has.</param>
/// <param name="Output">The output.</param>
/// <param name="Amount">What it holds, in satoshis.</param>
/// <param name="Height">The height of its block.</param>
internal readonly record struct ScannedOutput(AddressKey Key, OutputId Output, long Amount, long Height);
