namespace ChainWatch.Blockbook;

/// <summary>Where a text stands in a page of a block.</summary>
/// <param name="At">Its first byte, behind the quote.</param>
/// <param name="Length">How many bytes it has; 0 where it is missing.</param>
internal readonly record struct TextSpan(int At, int Length);
