namespace ChainWatch;

/// <summary>A range of blocks that were read through one endpoint in one pass.</summary>
/// <param name="FromHeight">The first height.</param>
/// <param name="ToHeight">The last height, included.</param>
/// <param name="Endpoint">The endpoint's configured name.</param>
/// <param name="Pass">1 for the follower's own reading; later passes verify.</param>
public readonly record struct CoverageRange(long FromHeight, long ToHeight, string Endpoint, int Pass);
