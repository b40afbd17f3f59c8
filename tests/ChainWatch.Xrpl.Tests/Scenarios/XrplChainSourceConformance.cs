using ChainWatch.Simulation;

namespace ChainWatch.Xrpl.Tests;

public sealed class XrplChainSourceConformance() : ChainSourceConformance(XrplWire.Family);
