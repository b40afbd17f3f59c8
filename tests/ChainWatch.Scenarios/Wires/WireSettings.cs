using ChainWatch.Testing;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Simulation;

/// <summary>What a scenario gives to the wire of a family.</summary>
/// <param name="Chain">The chain that is told.</param>
/// <param name="Endpoints">The nodes that tell it, with what they do wrong.</param>
/// <param name="Time">The scenario's clock.</param>
/// <param name="Seed">Decides when faults occur.</param>
/// <param name="Logs">Where the family's reader writes.</param>
/// <param name="Count">Counts what happened.</param>
internal sealed record WireSettings(SimulatedChain Chain, SimulatedReaderOptions Endpoints, TimeProvider Time, long Seed, ILoggerFactory Logs, Action<string> Count);
