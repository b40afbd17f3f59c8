using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Says how a long catch-up is going: done, rate, time left. At the tip it is silent.</summary>
internal sealed class FollowProgress(string work, string chain, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private long _since = time.GetTimestamp();
    private long _blocks;
    private long _height = -1;
    private long _target = -1;

    public void Saw(long height, long target)
    {
        _height = height;
        _target = target;
    }

    public void Committed(int blocks)
    {
        _blocks += blocks;
        TimeSpan elapsed = time.GetElapsedTime(_since);
        if (elapsed < Interval)
        {
            return;
        }

        long left = Math.Max(0, _target - _height);
        if (left > 100 && _blocks > 0 && logger.IsEnabled(LogLevel.Information))
        {
            double rate = _blocks / elapsed.TotalSeconds;
            TimeSpan timeLeft = TimeSpan.FromSeconds(Math.Round(left / rate));
            FollowLog.Progress(logger, work, chain, _height, _target, rate, timeLeft);
        }

        _since = time.GetTimestamp();
        _blocks = 0;
    }
}
