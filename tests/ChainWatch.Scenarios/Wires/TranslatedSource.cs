using System.Runtime.CompilerServices;
using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>A family's own source, whose updates are told in the ids of the simulation.</summary>
internal sealed class TranslatedSource(ScenarioWire wire, IChainSource inner) : IChainSource
{
    private readonly SimulatedChain _chain = wire.Settings.Chain;

    public async IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        SourceRequest translated = new()
        {
            Known = [.. request.Known.Select(point => wire.Render(_chain.Find(point.Hash)!))],
            Finalized = request.Finalized is { } final ? wire.Render(_chain.Find(final.Hash)!) : null,
            StartHeight = request.StartHeight,
            EndHeight = request.EndHeight,
            Watched = () => wire.AddressesOf(request.Watched()),
            PointBelow = request.PointBelow is { } below ? async (height, cancellation) => await below(height, cancellation) is { } point ? wire.Render(_chain.Find(point.Hash)!) : null : null,
        };
        await foreach (ChainUpdate update in inner.ReadAsync(translated, cancellationToken))
        {
            ChainTip tip = new() { Head = wire.PointOf(update.Tip.Head), Safe = PointOf(update.Tip.Safe), Finalized = PointOf(update.Tip.Finalized) };
            yield return update switch
            {
                RollForward forward => new RollForward(new TranslatedBlock(wire, forward.Block), tip),
                RollBack back => new RollBack(wire.PointOf(back.Target), back.ReplacementHeight, tip),
                _ => new Idle(tip),
            };
        }
    }

    private ChainPoint? PointOf(ChainPoint? point) => point is { } told ? wire.PointOf(told) : null;
}
