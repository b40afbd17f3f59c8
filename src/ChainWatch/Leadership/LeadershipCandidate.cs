namespace ChainWatch;

/// <summary>
/// An instance that stands for a scope: what the election should know of it, and what the election tells while it waits. Any thread may use it.
/// </summary>
public sealed class LeadershipCandidate
{
    private readonly Lock _lock = new();
    private readonly Signal _denials = new();
    private LeadershipHolder? _deniedBy;
    private bool _isReady;
    private Action? _granted;

    /// <summary>Stands for a scope.</summary>
    /// <param name="scope">What is to be led: a chain's name, or one partition of it.</param>
    public LeadershipCandidate(string scope)
    {
        ArgumentException.ThrowIfNullOrEmpty(scope);
        Scope = scope;
    }

    /// <summary>What is to be led.</summary>
    public string Scope { get; }

    /// <summary>
    /// Whether it could go on at once with what the leader does: its addresses are loaded, and its endpoints answer. A scope that nobody leads is won all the same; this is
    /// for elections that hand a scope over from a leader that lives. The default is false.
    /// </summary>
    public bool IsReady
    {
        get
        {
            lock (_lock)
            {
                return _isReady;
            }
        }

        set
        {
            lock (_lock)
            {
                _isReady = value;
            }
        }
    }

    /// <summary>Who led the scope when the election last looked; <see langword="null"/> before it was denied.</summary>
    public LeadershipHolder? DeniedBy
    {
        get
        {
            lock (_lock)
            {
                return _deniedBy;
            }
        }
    }

    /// <summary>For elections: another instance leads the scope, and this one waits.</summary>
    public void Denied(LeadershipHolder holder)
    {
        ArgumentNullException.ThrowIfNull(holder);
        lock (_lock)
        {
            _deniedBy = holder;
        }

        _denials.Pulse();
    }

    /// <summary>For elections: the scope is free for this instance from now on, though it may not have its term yet. The time of a take-over is measured from here.</summary>
    public void Granted() => _granted?.Invoke();

    /// <summary>What runs when the scope becomes free.</summary>
    internal void OnGranted(Action granted) => _granted = granted;

    /// <summary>Waits until another instance is known to lead.</summary>
    internal async Task WaitUntilDeniedAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            long seen = _denials.Version;
            if (DeniedBy is not null)
            {
                return;
            }

            await _denials.WaitAsync(seen, TimeSpan.FromMinutes(1), time, cancellationToken);
        }
    }
}
