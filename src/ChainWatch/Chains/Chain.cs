namespace ChainWatch;

/// <summary>One configured network.</summary>
public sealed class Chain
{
    /// <summary>The name under which the chain is configured, as in <c>ethereum</c>: 1 to 64 characters of a–z, 0–9, '-', '_' and '.'.</summary>
    public required string Name { get; init; }

    /// <summary>The chain family: <c>evm</c>, <c>bitcoin</c>, <c>blockbook</c>, <c>cardano</c> or <c>xrpl</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>How addresses and hashes of this chain are written.</summary>
    public required ChainFormat Format { get; init; }

    /// <summary>The usual time between two blocks; polling and watchdog defaults derive from it.</summary>
    public TimeSpan BlockTime { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>The assets that are watched on this chain. A transfer of anything else is no payment.</summary>
    public IReadOnlyList<Asset> Assets { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
