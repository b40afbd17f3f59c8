using ChainWatch.Simulation;

namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinChainSourceConformance() : ChainSourceConformance(BitcoinWire.Family);
