using System.Runtime.CompilerServices;

namespace ChainWatch.Benchmarks;

/// <summary>A source that tells how long it waited for its server: whenever it has an update at hand, it does not.</summary>
internal sealed class TimedSource(IChainSource inner, WaitClock waited) : IChainSource
{
    public async IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<ChainUpdate> updates = inner.ReadAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await waited.AwaitAsync(updates.MoveNextAsync()))
        {
            yield return updates.Current;
        }
    }

    /// <summary>The same chain with such a source.</summary>
    public static ChainRegistration In(ChainRegistration chain, WaitClock waited) => new()
    {
        Chain = chain.Chain,
        Status = chain.Status,
        Options = chain.Options,
        Confirmation = chain.Confirmation,
        StartHeight = chain.StartHeight,
        Endpoints = chain.Endpoints,
        CreateSource = () => new TimedSource(chain.CreateSource(), waited),
    };
}
