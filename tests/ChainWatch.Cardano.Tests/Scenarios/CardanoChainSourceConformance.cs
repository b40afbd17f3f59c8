using ChainWatch.Simulation;

namespace ChainWatch.Cardano.Tests;

public sealed class CardanoChainSourceConformance() : ChainSourceConformance(CardanoWire.Family);
