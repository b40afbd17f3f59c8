using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>A family's reader, whose answers are told in the ids of the simulation.</summary>
internal sealed class TranslatedReader(ScenarioWire wire, IBlockReader inner) : IBlockReader
{
    private readonly SimulatedChain _chain = wire.Settings.Chain;

    public async ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken)
    {
        Answer<ChainTip> answer = await inner.ReadTipAsync(cancellationToken);
        return Translate(answer, tip => new ChainTip { Head = wire.PointOf(tip.Head), Safe = PointOf(tip.Safe), Finalized = PointOf(tip.Finalized) });
    }

    public async ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken)
    {
        Answer<BlockHeader> answer = await inner.ReadHeaderAsync(wire.Render(_chain.Find(hash)!).Hash, cancellationToken);
        return Translate(answer, header => TranslatedBlock.HeaderOf(wire, header));
    }

    public async ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken)
    {
        Answer<Block> answer = await inner.ReadBlockAsync(wire.Render(_chain.Find(hash)!).Hash, wire.AddressesOf(watched), cancellationToken);
        return Translate(answer, block => (Block)new TranslatedBlock(wire, block));
    }

    public async ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
    {
        Answer<IReadOnlyList<Block>> answer = await inner.ReadBlocksAsync(fromHeight, count, wire.AddressesOf(watched), cancellationToken);
        return Translate(answer, blocks => (IReadOnlyList<Block>)[.. blocks.Select(block => new TranslatedBlock(wire, block))]);
    }

    public async ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken)
    {
        Answer<BlockHeader> answer = await inner.ReadHeaderAtAsync(height, cancellationToken);
        return Translate(answer, header => TranslatedBlock.HeaderOf(wire, header));
    }

    public void Forget() => inner.Forget();

    /// <summary>Pushes are the simulation's own: they only wake.</summary>
    public async ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken)
    {
        if (!wire.Settings.Endpoints.Announces)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }

        await _chain.WaitForChangeAsync(_chain.Version, cancellationToken);
        return _chain.Head.Point;
    }

    private ChainPoint? PointOf(ChainPoint? point) => point is { } told ? wire.PointOf(told) : null;

    private static Answer<TTo> Translate<TFrom, TTo>(Answer<TFrom> answer, Func<TFrom, TTo> translate)
        where TFrom : class
        where TTo : class => answer.Kind switch
        {
            AnswerKind.Found => Answer<TTo>.Found(translate(answer.Value!)),
            AnswerKind.NotYet => Answer<TTo>.NotYet(answer.Reason ?? ""),
            _ => Answer<TTo>.Unknown(answer.Reason ?? ""),
        };
}
