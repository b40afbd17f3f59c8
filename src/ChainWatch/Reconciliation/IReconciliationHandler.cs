namespace ChainWatch;

/// <summary>The application's own code for what a reconciliation found, to alert somebody. It runs on the instance that leads the chain, from a scope of its own each time.</summary>
public interface IReconciliationHandler
{
    /// <summary>Told once a run is done, whatever it found. Where the instance ends before that is recorded, the next one tells it again.</summary>
    Task HandleAsync(ReconciliationReport report, CancellationToken cancellationToken);
}
