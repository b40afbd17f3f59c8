using System.Runtime.CompilerServices;
using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>Passes a source's updates on and checks what a source promises: linked blocks, rollbacks to points that were told, marks of its own branch.</summary>
internal sealed class RecordingSource(IChainSource inner, ScenarioStore store, SimulatedChain chain, Verdict verdict, ScenarioKnobs knobs) : IChainSource
{
    private readonly List<ChainPoint> _told = [];
    private RollBack? _rollBack;

    public async IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (request.EndHeight is null)
        {
            // The follower's own, not a back-scan's.
            store.Source = this;
        }

        _told.AddRange(request.Known);
        await foreach (ChainUpdate update in inner.ReadAsync(request, cancellationToken))
        {
            switch (update)
            {
                case RollForward forward:
                    BlockHeader header = forward.Block.Header;
                    verdict.Check(
                        _told.Count == 0 || (header.ParentHash == _told[^1].Hash && header.Point.Height == _told[^1].Height + 1),
                        () => $"the source told {Oracle.Say(header.Point)} after {Oracle.Say(_told[^1])}, which is not its parent");
                    _told.Add(header.Point);
                    break;
                case RollBack back:
                    knobs.Count("source went back");
                    knobs.LastTarget = back.Target;
                    knobs.Trace?.Invoke($"source goes back to {Oracle.Say(back.Target)}, new branch up to {back.ReplacementHeight} of {Oracle.Say(back.Tip.Head)}");
                    verdict.Check(_told.Count == 0 || _told.Contains(back.Target) || back.Target.Height < _told[0].Height, () => $"the source went back to {Oracle.Say(back.Target)}, which it never told");
                    verdict.Check(_told.Count > 0 && back.Target.Height < _told[^1].Height, () => $"the source went back to {Oracle.Say(back.Target)} from {(_told.Count > 0 ? Oracle.Say(_told[^1]) : "nowhere")}");
                    _told.RemoveAll(point => point.Height > back.Target.Height);
                    if (_told.Count == 0)
                    {
                        _told.Add(back.Target);
                    }

                    _rollBack = back;
                    break;
                default:
                    knobs.Count("source idle");
                    // Whatever was announced, it has seen for long enough that there is no more.
                    _rollBack = null;
                    break;
            }

            CheckMark(update.Tip.Finalized, "final");
            CheckMark(update.Tip.Safe, "safe");
            yield return update;
        }
    }

    /// <summary>Nothing that the new branch holds, as far as it was announced, may be retracted and found again: it has moved.</summary>
    public void CheckRetractions(CommitBatch batch, CommitResult result, Oracle oracle, Verdict into)
    {
        if (batch.RollBackTo is null || _rollBack is null || chain.Find(_rollBack.Tip.Head.Hash) is not { } head)
        {
            return;
        }

        if (chain.Find(batch.NewCursor!.Value.Hash) is not { } cursor || !head.DescendsFrom(cursor))
        {
            // The branch that was announced was itself replaced before it was told.
            return;
        }

        foreach (PaymentEvent one in result.Events)
        {
            if (one.Kind != PaymentEventKind.Retracted || oracle.Payments[one.Payment.Id].Status != PaymentStatus.Retracted)
            {
                continue;
            }

            for (MinedBlock? block = head; block is not null && block.Height > _rollBack.Target.Height; block = block.Parent)
            {
                into.Check(
                    block.Height > _rollBack.ReplacementHeight || !Oracle.TransfersOf(block).Any(found => found.Id == one.Payment.Id && found.Transfer.To == one.Payment.To),
                    () => $"{one.Payment.TransactionId[..6]}/{one.Payment.Id.Ordinal} was retracted, but the branch that was followed holds it in block {Oracle.Say(block.Point)}");
            }
        }
    }

    private void CheckMark(ChainPoint? mark, string name) =>
        verdict.Check(
            mark is not { } point || _told.Count == 0 || point.Height < _told[0].Height || _told.Contains(point),
            () => $"the source called {Oracle.Say(mark)} {name}, which is not on its branch");
}
