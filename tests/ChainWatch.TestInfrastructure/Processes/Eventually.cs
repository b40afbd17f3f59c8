using System.Diagnostics;

namespace ChainWatch.TestInfrastructure;

/// <summary>Waits for a condition that another process will make true, never for a time.</summary>
public static class Eventually
{
    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <param name="condition">The condition. What it throws counts as no, and is told if no is the last answer.</param>
    /// <param name="patience">After this long it is a failure.</param>
    /// <param name="describe">Says what stands in the way, for the failure.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task BecomesTrueAsync(Func<CancellationToken, Task<bool>> condition, TimeSpan patience, Func<string> describe, CancellationToken cancellationToken = default)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            Exception? reason = null;
            try
            {
                if (await condition(cancellationToken))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                reason = exception;
            }

            if (Stopwatch.GetElapsedTime(began) > patience)
            {
                throw new TimeoutException($"It did not happen within {patience}: {describe()}", reason);
            }

            await Task.Delay(20, cancellationToken);
        }
    }
}
