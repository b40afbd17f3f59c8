using System.Numerics;

namespace ChainWatch.Conformance;

/// <summary>A chain family's state reader with the chain that its endpoint shows, for <see cref="StateReaderConformance"/>.</summary>
public abstract class StateReaderSubject : IAsyncDisposable
{
    /// <summary>The reader.</summary>
    public abstract IChainStateReader Reader { get; }

    /// <summary>The assets that are watched.</summary>
    public abstract IReadOnlyList<Asset> Assets { get; }

    /// <summary>The newest points of the chain, in order; at least three. At each of them the holder holds something else.</summary>
    public abstract IReadOnlyList<ChainPoint> Points { get; }

    /// <summary>An address that holds something of the first asset at each of the points.</summary>
    public abstract AddressKey Holder { get; }

    /// <summary>An address that the chain never saw.</summary>
    public abstract AddressKey Stranger { get; }

    /// <summary>Whether the protocol knows the state of an earlier point.</summary>
    public abstract bool ReadsThePast { get; }

    /// <summary>What the holder holds at a point.</summary>
    public abstract BigInteger Expect(Asset asset, ChainPoint at);

    /// <summary>Lets no endpoint answer any more.</summary>
    public abstract void Silence();

    /// <summary>Asks the reader, in the way that its clock needs.</summary>
    public virtual ValueTask<Answer<ChainState>> ReadAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken) =>
        Reader.ReadStateAsync(addresses, at, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
