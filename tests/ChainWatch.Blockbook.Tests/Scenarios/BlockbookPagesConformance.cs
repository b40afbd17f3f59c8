using ChainWatch.Simulation;

namespace ChainWatch.Blockbook.Tests;

/// <summary>The same for blocks that are read page by page.</summary>
public sealed class BlockbookPagesConformance() : BlockReaderConformance(BlockbookWire.Pages);
