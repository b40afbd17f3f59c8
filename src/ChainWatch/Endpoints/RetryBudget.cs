namespace ChainWatch;

/// <summary>
/// How many extra requests may be made in all: a few to begin with, and then a share of the ordinary ones. When everything fails, asking everything again is what keeps a struggling endpoint down.
/// </summary>
internal sealed class RetryBudget
{
    private readonly Lock _lock = new();
    private readonly double _share;
    private readonly double _most;
    private double _left;

    /// <param name="share">How many an ordinary request adds.</param>
    /// <param name="most">How many there are to begin with, and at most.</param>
    public RetryBudget(double share, double most)
    {
        _share = share;
        _most = most;
        _left = most;
    }

    /// <summary>An ordinary request is made.</summary>
    public void Earn()
    {
        lock (_lock)
        {
            _left = Math.Min(_most, _left + _share);
        }
    }

    /// <summary>Takes one extra request out, where there is one.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (_left < 1)
            {
                return false;
            }

            _left--;
            return true;
        }
    }
}
