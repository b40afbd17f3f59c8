namespace ChainWatch;

/// <summary>Shorter ways to stand for a scope.</summary>
public static class LeaderElectionExtensions
{
    /// <summary>Waits until this instance leads the scope.</summary>
    /// <param name="election">The election.</param>
    /// <param name="scope">What is to be led: a chain's name, or one partition of it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static ValueTask<Leadership> AcquireAsync(this ILeaderElection election, string scope, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(election);
        return election.AcquireAsync(new LeadershipCandidate(scope), cancellationToken);
    }
}
