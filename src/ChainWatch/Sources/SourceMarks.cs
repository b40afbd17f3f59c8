namespace ChainWatch;

/// <summary>
/// How far a session's branch is safe and final. The chain's own marks count where the reader is trusted with them, the depth under the head where the chain has none; neither
/// ever goes back, and both are points of the branch that the session has told.
/// </summary>
internal sealed class SourceMarks(PolledSourceOptions options, KnownBranch branch, ChainPoint? finalized)
{
    /// <summary>How far below us, while the chain's final mark is still above us, our blocks count as final: what was read lately may yet prove to be a mix-up.</summary>
    private const int UnprovenDepth = 64;

    /// <summary>A mark that is missing once is a hiccup: only after so many looks without one the depth decides.</summary>
    private const int LooksWithoutMark = 3;

    private ChainPoint? _safe;
    private ChainPoint? _finalized = finalized;
    private ChainTip? _seen;
    private bool _sawMark;
    private int _looksWithoutMark;

    public ChainPoint? Finalized => _finalized;

    /// <summary>Takes a tip in. The mark that contradicts what is final already, where one does: nothing moves then.</summary>
    public ChainPoint? See(ChainTip tip)
    {
        _seen = tip;
        if (options.TrustMarks && tip.Finalized is { } mark)
        {
            _sawMark = true;
            if (_finalized is { } final && mark.Height == final.Height && mark.Hash != final.Hash)
            {
                return mark;
            }
        }
        else
        {
            _looksWithoutMark++;
        }

        Advance();
        return null;
    }

    /// <summary>Whether the chain names another block as its final one at this height.</summary>
    public bool Contradict(ChainPoint point) => options.TrustMarks && _seen?.Finalized is { } mark && mark.Height == point.Height && mark.Hash != point.Hash;

    /// <summary>Moves the marks up as far as the chain's own, or the depth, and where the branch ends allow. What lies below the final one is forgotten.</summary>
    public void Advance()
    {
        if (branch.Position is not { } position)
        {
            return;
        }

        if (options.TrustMarks && _seen is { } seen)
        {
            Raise(ref _finalized, OnBranch(seen.Finalized, position));
            Raise(ref _safe, OnBranch(seen.Safe, position));
        }

        if (!_sawMark && (!options.TrustMarks || _looksWithoutMark >= LooksWithoutMark) && branch.TryGet(position.Height - options.FinalityDepth, out ChainPoint deep))
        {
            Raise(ref _finalized, deep);
        }

        Raise(ref _safe, _finalized);
        if (_finalized is { } final)
        {
            branch.ForgetBelow(final.Height);
        }
    }

    /// <summary>The branch goes back to a point: what was safe above it is not any more.</summary>
    public void RollBack(ChainPoint target)
    {
        if (_safe is { } safe && safe.Height > target.Height)
        {
            _safe = target;
        }
    }

    public ChainTip TipAt(ChainPoint head) => new() { Head = head, Safe = _safe, Finalized = _finalized };

    /// <summary>
    /// A mark as a point of our branch. At or below us, it must be one of our blocks. Above us, what we hold is below it, but not proved to be yet: all but the latest counts.
    /// </summary>
    private ChainPoint? OnBranch(ChainPoint? mark, ChainPoint position)
    {
        if (mark is not { } point)
        {
            return null;
        }

        if (point.Height <= position.Height)
        {
            return branch.Contains(point) ? point : null;
        }

        return branch.TryGet(position.Height - UnprovenDepth, out ChainPoint below) ? below : null;
    }

    private static void Raise(ref ChainPoint? mark, ChainPoint? to)
    {
        if (to is not null && (mark is null || to.Value.Height > mark.Value.Height))
        {
            mark = to;
        }
    }
}
