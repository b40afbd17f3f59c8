using ChainWatch.Simulation;

namespace ChainWatch.Evm.Tests;

public sealed class EvmBlockReaderConformance() : BlockReaderConformance(EvmWire.Family);
