namespace ChainWatch.RealNodes.Tests;

/// <summary>One of several chains that are followed at once: what of it pays the watched address, and how it goes on.</summary>
internal abstract class FollowedChain : IAsyncDisposable
{
    /// <summary>Its name and kind in the configuration.</summary>
    public abstract string Name { get; }

    /// <summary>Its settings, below its own section.</summary>
    public abstract IReadOnlyDictionary<string, string?> Settings { get; }

    /// <summary>What the chain as it stands now pays to the watched address: transaction, amount in base units, asset.</summary>
    public abstract IReadOnlyList<string> Payments { get; }

    /// <summary>The hash of its newest block, as the store writes it.</summary>
    public abstract Task<string> ReadHeadAsync();

    /// <summary>Adds a block with at least one payment.</summary>
    public abstract Task GrowAsync();

    /// <summary>Replaces the newest block, which held a payment, by another that holds another, and one more. False where the chain knows no such thing.</summary>
    public abstract Task<bool> ReorganiseAsync();

    public abstract ValueTask DisposeAsync();
}
