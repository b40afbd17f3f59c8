namespace ChainWatch;

/// <summary>Decides which instance may write a scope. The conformance suite in <c>tests/ChainWatch.Conformance</c> says what an implementation must do.</summary>
public interface ILeaderElection
{
    /// <summary>
    /// Waits until this instance leads the scope. The new term is greater than every one before it, and earlier terms are refused by the store from then on. While another
    /// instance leads, the candidate is told who.
    /// </summary>
    ValueTask<Leadership> AcquireAsync(LeadershipCandidate candidate, CancellationToken cancellationToken);
}
