namespace ChainWatch;

/// <summary>
/// Stateless reading of a polled chain: give me the tip, give me this block. <see cref="PolledChainSource"/> makes the ordered stream with its rollbacks out of it,
/// so a reader never decides what is canonical. Trouble with endpoints is answered as <see cref="AnswerKind.Unknown"/>, not thrown.
/// </summary>
public interface IBlockReader
{
    /// <summary>Reads the head of the chain and, where it has them, its safe and finalized marks.</summary>
    ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken);

    /// <summary>Reads the header of the block with this hash, whether it is canonical or not.</summary>
    ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken);

    /// <summary>Reads the block with this hash, with all that <see cref="Block.Match"/> needs to decide for <paramref name="watched"/>.</summary>
    ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken);

    /// <summary>
    /// Reads up to <paramref name="count"/> blocks by height, from <paramref name="fromHeight"/> upwards, each the parent of the next. At least one when found, and
    /// fewer than asked for where the endpoint's limits or head say so. <see cref="AnswerKind.NotYet"/> when <paramref name="fromHeight"/> is past the head.
    /// </summary>
    ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the header of the block that the endpoint holds as canonical at a height. <see cref="AnswerKind.NotYet"/> when that is past its head. The default reads the whole block for it.
    /// </summary>
    async ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken)
    {
        Answer<IReadOnlyList<Block>> answer = await ReadBlocksAsync(height, 1, AddressSet.Create(keyLength: 20), cancellationToken);
        if (!answer.IsFound)
        {
            return answer.Kind == AnswerKind.NotYet ? Answer<BlockHeader>.NotYet(answer.Reason ?? "") : Answer<BlockHeader>.Unknown(answer.Reason ?? "");
        }

        BlockHeader? header = answer.Value.FirstOrDefault(block => block.Header.Point.Height == height)?.Header;
        foreach (Block block in answer.Value)
        {
            block.Dispose();
        }

        return header is null ? Answer<BlockHeader>.Unknown("another block came than the one that was asked for") : Answer<BlockHeader>.Found(header);
    }

    /// <summary>Forgets earlier answers that are kept, where any are: something contradicts them, or they have to be heard anew. The default keeps none.</summary>
    void Forget()
    {
    }

    /// <summary>
    /// Completes when the endpoint announces that the chain moved, with the announced head where it names one. It is a wake-up, never data to credit from: the
    /// source asks for everything it acts on. The default never completes, and the source polls.
    /// </summary>
    async ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<ChainPoint?> never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
        return await never.Task;
    }
}
