using ChainWatch.Simulation;

namespace ChainWatch.Xrpl.Tests;

public sealed class XrplBlockReaderConformance() : BlockReaderConformance(XrplWire.Family);
