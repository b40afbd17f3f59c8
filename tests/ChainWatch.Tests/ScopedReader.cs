namespace ChainWatch.Tests;

/// <summary>Passes on what is asked, and remembers what of it may be answered from memory, and how often that was forgotten.</summary>
internal sealed class ScopedReader(IBlockReader inner) : IBlockReader
{
    private const string CannotBeServed = "blocks cannot be served";

    /// <summary>The heights from which blocks were asked for, and whether memory might have answered.</summary>
    public List<(long From, bool FromMemory)> Asked { get; } = [];

    public int Forgotten { get; private set; }

    /// <summary>How often it was waited for an announcement.</summary>
    public int Waits { get; private set; }

    /// <summary>Called before blocks are read.</summary>
    public Action<long>? BeforeBlocks { get; set; }

    /// <summary>Changes what blocks come.</summary>
    public Func<IReadOnlyList<Block>, IReadOnlyList<Block>>? Changes { get; set; }

    /// <summary>Whether blocks can be had; heads always can.</summary>
    public bool Serves { get; set; } = true;

    /// <summary>How long blocks take, by this clock.</summary>
    public (TimeSpan Each, TimeProvider Time)? Takes { get; set; }

    public void Forget()
    {
        Forgotten++;
        inner.Forget();
    }

    public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => inner.ReadTipAsync(cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => inner.ReadHeaderAsync(hash, cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken) => inner.ReadHeaderAtAsync(height, cancellationToken);

    public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken)
    {
        Asked.Add((-1, FinalAnswersScope.IsOpen));
        if (!Serves)
        {
            return ValueTask.FromResult(Answer<Block>.Unknown(CannotBeServed));
        }

        return inner.ReadBlockAsync(hash, watched, cancellationToken);
    }

    public async ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
    {
        Asked.Add((fromHeight, FinalAnswersScope.IsOpen));
        BeforeBlocks?.Invoke(fromHeight);
        if (!Serves)
        {
            return Answer<IReadOnlyList<Block>>.Unknown(CannotBeServed);
        }

        if (Takes is { } takes)
        {
            await Task.Delay(takes.Each, takes.Time, cancellationToken);
        }

        Answer<IReadOnlyList<Block>> answer = await inner.ReadBlocksAsync(fromHeight, count, watched, cancellationToken);
        return answer.IsFound && Changes is { } changes ? Answer<IReadOnlyList<Block>>.Found(changes(answer.Value)) : answer;
    }

    public ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken)
    {
        Waits++;
        return inner.WaitForChangeAsync(cancellationToken);
    }
}
