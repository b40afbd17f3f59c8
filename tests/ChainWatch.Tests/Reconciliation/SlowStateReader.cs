namespace ChainWatch.Tests;

/// <summary>Takes a minute over the second question of a reconciliation, in which the follower commits what happens meanwhile.</summary>
internal sealed class SlowStateReader(IChainStateReader inner, TimeProvider time) : IChainStateReader
{
    private int _questions;

    /// <summary>What happens when the second question has come; once.</summary>
    public Action? BeforeSecond
    {
        get;
        set
        {
            field = value;
            _questions = 0;
        }
    }

    public int MaxAddresses => inner.MaxAddresses;

    public async ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        if (BeforeSecond is { } happen && ++_questions == 2)
        {
            BeforeSecond = null;
            happen();
            await Task.Delay(TimeSpan.FromMinutes(1), time, cancellationToken);
        }

        return await inner.ReadStateAsync(addresses, at, cancellationToken);
    }

    public ValueTask<Answer<BlockMovements>> ReadMovementsAsync(AddressKey address, Asset asset, ChainPoint block, CancellationToken cancellationToken) =>
        inner.ReadMovementsAsync(address, asset, block, cancellationToken);
}
