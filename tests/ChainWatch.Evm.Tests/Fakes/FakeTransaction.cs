using System.Numerics;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>A made-up transaction with what it did.</summary>
public sealed class FakeTransaction
{
    public required string Hash { get; init; }

    public required string From { get; init; }

    public string? To { get; init; }

    public BigInteger Value { get; init; }

    public long Nonce { get; init; }

    public bool Succeeds { get; init; } = true;

    public string? Created { get; init; }

    public IReadOnlyList<FakeLog> Logs { get; init; } = [];

    /// <summary>What the call tracer says of it; a plain call where it is not given.</summary>
    public JsonObject? Trace { get; init; }
}
