namespace ChainWatch;

/// <summary>That this instance leads a scope. Disposing it hands the scope over at once.</summary>
public abstract class Leadership : IAsyncDisposable
{
    /// <summary>What is led: a chain's name, or one partition of it.</summary>
    public abstract string Scope { get; }

    /// <summary>The number that fences older leaders: every write carries it.</summary>
    public abstract long Term { get; }

    /// <summary>Cancelled as soon as this instance knows, or must assume, that it no longer leads. It is an early stop only: what counts is the term in the store.</summary>
    public abstract CancellationToken Lost { get; }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
