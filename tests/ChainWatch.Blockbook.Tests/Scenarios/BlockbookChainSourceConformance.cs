using ChainWatch.Simulation;

namespace ChainWatch.Blockbook.Tests;

public sealed class BlockbookChainSourceConformance() : ChainSourceConformance(BlockbookWire.Raw);
