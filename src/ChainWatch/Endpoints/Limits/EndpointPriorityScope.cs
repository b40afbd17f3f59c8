namespace ChainWatch;

/// <summary>
/// Says how urgent the requests are that the current asynchronous flow makes, so that it need not be handed through every reader: <c>using (EndpointPriorityScope.Begin(…))</c>. What began before
/// holds again when the scope is disposed.
/// </summary>
public sealed class EndpointPriorityScope : IDisposable
{
    private static readonly AsyncLocal<EndpointPriority> Ambient = new();
    private readonly EndpointPriority _before;

    private EndpointPriorityScope(EndpointPriority before)
    {
        _before = before;
    }

    /// <summary>What holds here and now.</summary>
    public static EndpointPriority Current => Ambient.Value;

    /// <summary>Makes what follows at most this urgent: a scope inside a less urgent one does not make it more urgent.</summary>
    public static EndpointPriorityScope Begin(EndpointPriority priority)
    {
        EndpointPriorityScope scope = new(Ambient.Value);
        Ambient.Value = priority > scope._before ? priority : scope._before;
        return scope;
    }

    /// <inheritdoc/>
    public void Dispose() => Ambient.Value = _before;
}
