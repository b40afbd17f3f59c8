namespace ChainWatch.Bitcoin;

/// <summary>What a node says about itself: the answer to <c>getblockchaininfo</c>.</summary>
/// <param name="Chain">What it calls its chain.</param>
/// <param name="Head">Its newest block.</param>
/// <param name="Headers">The height up to which it knows headers.</param>
/// <param name="IsDownloading">True while it is still far from the end of the chain.</param>
internal readonly record struct ChainInfo(string Chain, ChainPoint Head, long Headers, bool IsDownloading);
