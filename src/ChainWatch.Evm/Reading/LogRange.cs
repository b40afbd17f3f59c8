namespace ChainWatch.Evm;

/// <summary>
/// How many blocks an endpoint answers <c>eth_getLogs</c> for at once, learned from its errors. A limit on blocks is kept for good. A limit on results depends on what the
/// blocks hold, so it is felt for again.
/// </summary>
internal sealed class LogRange
{
    private const int GrowAfter = 8;
    private readonly Lock _lock = new();
    private long _most = long.MaxValue;
    private long _now = long.MaxValue;
    private int _successes;

    public long Limit
    {
        get
        {
            lock (_lock)
            {
                return Math.Min(_most, _now);
            }
        }
    }

    /// <summary>Takes an error in.</summary>
    /// <param name="asked">How many blocks were asked for.</param>
    /// <param name="error">What the endpoint said; <see langword="null"/> where its answer only looks cut off.</param>
    public void Refused(long asked, EndpointError? error)
    {
        lock (_lock)
        {
            _successes = 0;
            if (error?.SuggestedBlocks is { } suggested && suggested >= 1 && suggested < asked)
            {
                if (SaysBlocks(error))
                {
                    _most = Math.Min(_most, suggested);
                }

                _now = Math.Min(_now, suggested);
            }
            else
            {
                _now = Math.Min(_now, Math.Max(1, asked / 2));
            }
        }
    }

    public void Answered(long asked)
    {
        lock (_lock)
        {
            if (asked >= Math.Min(_most, _now) && _now < _most && ++_successes >= GrowAfter)
            {
                _successes = 0;
                _now *= 2;
            }
        }
    }

    private static bool SaysBlocks(EndpointError error) =>
        !error.Message.Contains("result", StringComparison.OrdinalIgnoreCase) && !error.Message.Contains("response", StringComparison.OrdinalIgnoreCase);
}
