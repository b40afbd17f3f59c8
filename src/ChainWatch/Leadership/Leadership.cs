namespace ChainWatch;

/// <summary>That this instance leads a scope. Disposing it hands the scope over at once.</summary>
public abstract class Leadership : IAsyncDisposable
{
    /// <summary>What is led: a chain's name, or one partition of it.</summary>
    public abstract string Scope { get; }

    /// <summary>The number that fences older leaders: every write carries it.</summary>
    public abstract long Term { get; }

    /// <summary>
    /// The first term that was won on the store as it is now. Where it is newer than the term of the last commit, the store was replaced meanwhile by one that may lack its
    /// last commits (a promoted replica): then everything above the last final block is verified against the chain before anything else is written. 0, the default, where an
    /// election cannot tell.
    /// </summary>
    public virtual long StoreTerm => 0;

    /// <summary>Cancelled as soon as this instance knows, or must assume, that it no longer leads. It is an early stop only: what counts is the term in the store.</summary>
    public abstract CancellationToken Lost { get; }

    /// <summary>
    /// Cancelled when another instance is to lead from now on: finish what is begun, begin nothing new, and dispose this. Leadership lasts until then. An election that
    /// never asks for that leaves it as it is.
    /// </summary>
    public virtual CancellationToken HandOver => CancellationToken.None;

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
