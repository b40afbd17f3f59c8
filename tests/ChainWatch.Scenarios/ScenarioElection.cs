namespace ChainWatch.Simulation;

/// <summary>
/// An election whose winner the scenario decides. A leader that is deposed may learn of it or not, so that stale leaders write and must be refused by their term.
/// </summary>
internal sealed class ScenarioElection(IWatchStore store)
{
    private readonly List<Candidate> _waiting = [];
    private Held? _current;

    /// <summary>True while nobody leads or stands: whoever led before has not heard that it does not any more, and will when it writes.</summary>
    public bool IsVacant => _current is null && _waiting.Count == 0;

    public ILeaderElection For(string holder) => new Election(this, holder);

    /// <summary>Gives the scope to whoever waits, or to the next one that asks. The leader so far is told, or left in its belief.</summary>
    public void Depose(bool tell)
    {
        Held? held = _current;
        _current = null;
        if (tell)
        {
            held?.Lose();
        }

        Next();
    }

    /// <summary>The holder's process died: its leadership ends by itself after a while.</summary>
    public void Died(string holder)
    {
        _waiting.RemoveAll(candidate => candidate.Holder == holder);
        if (_current?.Holder == holder)
        {
            _current = null;
        }

        // Also where it had won and not taken over yet: nobody else would ever hear of that.
        Next();
    }

    private void Next()
    {
        if (_current is null && _waiting.Count > 0)
        {
            Candidate candidate = _waiting[0];
            _waiting.RemoveAt(0);
            candidate.Won.TrySetResult();
        }
    }

    private async ValueTask<Leadership> AcquireAsync(LeadershipCandidate standing, string holder, CancellationToken cancellationToken)
    {
        string scope = standing.Scope;
        while (true)
        {
            if (_current is null)
            {
                Held held = new(this, scope, holder);
                _current = held;
                held.SetTerm(await store.RaiseTermAsync(scope, holder, cancellationToken));
                return held;
            }

            // So it rehearses, like every standby: nothing of that may ever show in what the store holds.
            standing.Denied(new LeadershipHolder { Name = _current.Holder });
            Candidate candidate = new(holder);
            _waiting.Add(candidate);
            try
            {
                await candidate.Won.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                _waiting.Remove(candidate);
                // It may have won in the same moment; then it is another one's turn.
                Next();
                throw;
            }
        }
    }

    private sealed class Candidate(string holder)
    {
        public string Holder => holder;

        public TaskCompletionSource Won { get; } = new();
    }

    private sealed class Election(ScenarioElection owner, string holder) : ILeaderElection
    {
        public ValueTask<Leadership> AcquireAsync(LeadershipCandidate candidate, CancellationToken cancellationToken) => owner.AcquireAsync(candidate, holder, cancellationToken);
    }

    private sealed class Held(ScenarioElection owner, string scope, string holder) : Leadership
    {
        private readonly CancellationTokenSource _lost = new();
        private long _term;

        public string Holder => holder;

        public override string Scope => scope;

        public override long Term => _term;

        public override CancellationToken Lost => _lost.Token;

        public void SetTerm(long term) => _term = term;

        public void Lose() => _lost.Cancel();

        public override ValueTask DisposeAsync()
        {
            if (owner._current == this)
            {
                owner._current = null;
                owner.Next();
            }

            return ValueTask.CompletedTask;
        }
    }
}
