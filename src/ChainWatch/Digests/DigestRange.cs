namespace ChainWatch;

/// <summary>The digest of a range of blocks.</summary>
/// <param name="FromHeight">The first height.</param>
/// <param name="ToHeight">The last height.</param>
/// <param name="Digest">What the payments in these blocks come to.</param>
public readonly record struct DigestRange(long FromHeight, long ToHeight, PaymentDigest Digest);
