namespace ChainWatch.Postgres;

/// <summary>Cancels without leaving the thread.</summary>
internal static class CancellationExtensions
{
    /// <summary>Cancels here and now. What hangs on the token and throws is not the business of whoever cancels.</summary>
    public static void CancelNow(this CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException)
        {
            // The token is cancelled all the same, and every other callback has run.
        }
    }
}
