namespace ChainWatch;

/// <summary>The payments of an address in a range of blocks.</summary>
/// <param name="Key">The address.</param>
/// <param name="FromHeight">The first height.</param>
/// <param name="ToHeight">The last height, included.</param>
public readonly record struct RecordedRange(AddressKey Key, long FromHeight, long ToHeight);
