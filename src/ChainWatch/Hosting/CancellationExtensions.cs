namespace ChainWatch;

/// <summary>Cancels without leaving the thread.</summary>
internal static class CancellationExtensions
{
    /// <summary>
    /// Cancels here and now. <c>CancelAsync</c> would run what hangs on the token on the thread pool, and so take the engine off the single
    /// thread on which the simulator repeats its runs.
    /// </summary>
    public static void CancelNow(this CancellationTokenSource source) => source.Cancel();
}
