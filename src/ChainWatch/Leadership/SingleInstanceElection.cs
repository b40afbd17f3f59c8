namespace ChainWatch;

/// <summary>
/// The election of a host that runs as one instance: it always wins, at once, and raises the term so that a forgotten older process is fenced off.
/// </summary>
public sealed class SingleInstanceElection : ILeaderElection
{
    private readonly IWatchStore _store;
    private readonly string _holder;

    /// <summary>Creates the election.</summary>
    /// <param name="store">The store whose terms are raised.</param>
    /// <param name="holder">This instance's name.</param>
    public SingleInstanceElection(IWatchStore store, string holder)
    {
        _store = store;
        _holder = holder;
    }

    /// <inheritdoc/>
    public async ValueTask<Leadership> AcquireAsync(LeadershipCandidate candidate, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        candidate.Granted();
        long term = await _store.RaiseTermAsync(candidate.Scope, _holder, cancellationToken);
        return new SingleInstanceLeadership(candidate.Scope, term);
    }

    private sealed class SingleInstanceLeadership(string scope, long term) : Leadership
    {
        public override string Scope => scope;

        public override long Term => term;

        public override CancellationToken Lost => CancellationToken.None;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
