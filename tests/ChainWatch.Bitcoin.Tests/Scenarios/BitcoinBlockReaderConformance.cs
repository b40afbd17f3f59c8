using ChainWatch.Simulation;

namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinBlockReaderConformance() : BlockReaderConformance(BitcoinWire.Family);
