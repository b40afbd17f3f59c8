namespace ChainWatch;

/// <summary>A block whose payments are not the same in two stores.</summary>
/// <param name="Height">The block's height.</param>
/// <param name="Left">What they come to in the one.</param>
/// <param name="Right">What they come to in the other.</param>
public readonly record struct DigestDifference(long Height, PaymentDigest Left, PaymentDigest Right);
