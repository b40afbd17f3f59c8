using ChainWatch;
using ChainWatch.Testing;

namespace Quickstart;

/// <summary>What a view looks at.</summary>
public sealed class Scene
{
    public required SimulatedChain Chain { get; init; }

    public required ChainStatus Status { get; init; }

    public required Ledger Ledger { get; init; }

    public required IReadOnlyList<string> Orders { get; init; }

    public required TimeSpan Length { get; init; }

    public required Func<TimeSpan> Elapsed { get; init; }
}
