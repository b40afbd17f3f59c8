namespace ChainWatch;

/// <summary>
/// Where follower and back-scans meet about outputs. A back-scan finds an output whose spending may lie in a block that the follower is about to commit without knowing of it. So the two commit in
/// turns; the back-scan goes on to the cursor that its own commit saw, and the follower knows the output in all that it commits after that.
/// </summary>
/// <param name="exist">Whether there are outputs: false on chains of accounts, where nobody waits for a turn.</param>
internal sealed class OutputHandover(bool exist)
{
    private static readonly IDisposable Nothing = new Turn();


    private readonly Lock _lock = new();
    private readonly HashSet<OutputId> _found = [];
    private Task _last = Task.CompletedTask;

    /// <summary>Waits for one's turn to commit. Each is short, and ends by disposing.</summary>
    public async Task<IDisposable> EnterAsync()
    {
        if (!exist)
        {
            return Nothing;
        }

        Turn mine = new();
        Task before;
        lock (_lock)
        {
            before = _last;
            _last = mine.Over;
        }

        await before;
        return mine;
    }

    /// <summary>
    /// Hands over the outputs that a back-scan is about to commit. The caller has its turn. Spent ones are among them: a reorg that the follower is in the middle of may spend them anew.
    /// </summary>
    public void Put(IEnumerable<OutputId> found) => _found.UnionWith(found);

    /// <summary>Takes over what was handed over. The caller has its turn.</summary>
    /// <returns>True when blocks must be looked through again for spendings.</returns>
    public bool TakeInto(UnspentOutputs outputs)
    {
        bool any = _found.Count > 0;
        outputs.Add(_found);
        _found.Clear();
        return any;
    }

    private sealed class Turn : IDisposable
    {
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Over => _over.Task;

        public void Dispose() => _over.TrySetResult();
    }
}
