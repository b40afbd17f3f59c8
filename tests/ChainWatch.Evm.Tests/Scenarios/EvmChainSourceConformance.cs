using ChainWatch.Simulation;

namespace ChainWatch.Evm.Tests;

public sealed class EvmChainSourceConformance() : ChainSourceConformance(EvmWire.Family);
