namespace ChainWatch.Tests;

/// <summary>An election that a test decides: who else leads, when this instance wins, and when it is to hand over.</summary>
internal sealed class ScriptedElection(IWatchStore store) : ILeaderElection
{
    private readonly TaskCompletionSource _won = new();

    /// <summary>Who leads instead until <see cref="Win"/>; <see langword="null"/> wins at once.</summary>
    public LeadershipHolder? Other { get; set; }

    /// <summary>Whether the store is another one than that of the last commit.</summary>
    public bool StoreReplaced { get; init; }

    public LeadershipCandidate? Candidate { get; private set; }

    public List<ScriptedLeadership> Led { get; } = [];

    public void Win() => _won.SetResult();

    public async ValueTask<Leadership> AcquireAsync(LeadershipCandidate candidate, CancellationToken cancellationToken)
    {
        Candidate = candidate;
        if (Other is { } other && !_won.Task.IsCompleted)
        {
            candidate.Denied(other);
            await _won.Task;
        }

        candidate.Granted();
        long term = await store.RaiseTermAsync(candidate.Scope, "test", cancellationToken);
        ScriptedLeadership leadership = new(candidate.Scope, term, StoreReplaced ? term : 0);
        Led.Add(leadership);
        return leadership;
    }
}
