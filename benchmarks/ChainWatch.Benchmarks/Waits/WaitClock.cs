using System.Diagnostics;

namespace ChainWatch.Benchmarks;

/// <summary>Adds up the time in which somebody could only wait. What is there at once costs nothing.</summary>
internal sealed class WaitClock
{
    private long _ticks;

    public TimeSpan Total => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _ticks));

    public async ValueTask<T> AwaitAsync<T>(ValueTask<T> awaited)
    {
        if (awaited.IsCompleted)
        {
            return await awaited;
        }

        long began = Stopwatch.GetTimestamp();
        T result = await awaited;
        Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - began);
        return result;
    }

    public async ValueTask AwaitAsync(ValueTask awaited)
    {
        if (awaited.IsCompleted)
        {
            await awaited;
            return;
        }

        long began = Stopwatch.GetTimestamp();
        await awaited;
        Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - began);
    }
}
