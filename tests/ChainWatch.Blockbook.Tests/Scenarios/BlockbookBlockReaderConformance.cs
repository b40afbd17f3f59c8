using ChainWatch.Simulation;

namespace ChainWatch.Blockbook.Tests;

public sealed class BlockbookBlockReaderConformance() : BlockReaderConformance(BlockbookWire.Raw);
