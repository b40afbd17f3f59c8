namespace ChainWatch;

/// <summary>
/// Answers the host's questions for the balances of addresses, through the chains' endpoint pools: whoever asks at the same time shares one request, and an answer is given out again
/// for <see cref="BalanceOptions.Expiry"/>. Only what was found is kept: that an endpoint did not know is asked anew. For looking at, not for booking: what was paid is told by payments.
/// It is a service of every host that calls <c>AddChainWatch</c>, and safe to call from any thread.
/// </summary>
public sealed class ChainBalances
{
    private readonly ChainRegistry _chains;
    private readonly BalanceOptions _options;
    private readonly ChainWatchMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Chain, AddressKey Key), Entry> _entries = [];

    // All entries live equally long, so they end in the order in which they were read. One that was replaced or dropped meanwhile is passed over.
    private readonly Queue<Entry> _oldest = new();

    internal ChainBalances(ChainRegistry chains, BalanceOptions options, ChainWatchMetrics metrics, TimeProvider time)
    {
        _chains = chains;
        _options = options;
        _metrics = metrics;
        _time = time;
    }

    /// <summary>Reads what an address holds of the chain's watched assets, at the newest point that can be read.</summary>
    /// <param name="chain">The chain's name, one of those configured.</param>
    /// <param name="address">The address, in any spelling that the chain knows.</param>
    /// <param name="cancellationToken">Ends the wait; the question goes on for others who wait for it.</param>
    /// <returns>The balance; <see cref="AnswerKind.Unknown"/> with the reason where no endpoint could tell.</returns>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    /// <exception cref="AddressFormatException">It is no address of this chain.</exception>
    public async ValueTask<Answer<ChainBalance>> ReadAsync(string chain, string address, CancellationToken cancellationToken = default)
    {
        ChainRegistration registration = _chains.Get(chain);
        AddressKey key = registration.Chain.Format.ParseAddress(address);
        if (registration.StateReader is not { } reader)
        {
            return Answer<ChainBalance>.Unknown($"Chain '{registration.Chain.Name}' has no endpoint that tells balances.");
        }

        Entry? entry;
        bool mine = false;
        lock (_lock)
        {
            Trim(room: 0);
            if (!_entries.TryGetValue((registration.Chain.Name, key), out entry))
            {
                mine = true;
                Trim(room: 1);
                entry = new Entry(registration.Chain.Name, key);
                _entries.Add((entry.Chain, key), entry);
                _oldest.Enqueue(entry);
            }
        }

        _metrics.BalanceAsked(entry.Chain, mine ? "read" : entry.Answer.IsCompleted ? "kept" : "shared");
        if (mine)
        {
            // Not awaited: whoever began it may stop waiting for it, others may not want to.
            _ = FillAsync(entry, reader);
        }

        return await entry.Answer.WaitAsync(cancellationToken);
    }

    private async Task FillAsync(Entry entry, IChainStateReader reader)
    {
        Answer<ChainBalance> answer;
        try
        {
            answer = await ReadAsync(reader, entry.Key);
        }
        catch (Exception exception)
        {
            // Its message may hold what is secret; the endpoint's log has the details.
            answer = Answer<ChainBalance>.Unknown($"The balance could not be read ({exception.GetType().Name}); the log has the details.");
        }

        lock (_lock)
        {
            if (answer.IsFound && _options.Expiry > TimeSpan.Zero)
            {
                entry.ReadAt = _time.GetTimestamp();
            }
            else
            {
                Forget(entry);
            }
        }

        entry.Complete(answer);
    }

    private async Task<Answer<ChainBalance>> ReadAsync(IChainStateReader reader, AddressKey key)
    {
        // A customer waits, but payments wait for the head.
        using EndpointPriorityScope scope = EndpointPriorityScope.Begin(EndpointPriority.CatchUp);
        using CancellationTokenSource over = new(_options.Timeout, _time);
        Answer<ChainState> answer = await reader.ReadStateAsync([key], at: null, over.Token);
        if (!answer.IsFound)
        {
            return Answer<ChainBalance>.Unknown(answer.Reason ?? "No endpoint told the balance.");
        }

        ChainState state = answer.Value;
        return Answer<ChainBalance>.Found(new ChainBalance { Point = state.Point, Endpoint = state.Endpoint, ReadAt = _time.GetUtcNow(), Balances = state.Addresses[0].Balances });
    }

    /// <summary>Drops what is too old, and the oldest where there is no room for so many more. Questions that are still under way are shared by all who wait, and dropped from here all the same.</summary>
    private void Trim(int room)
    {
        while (_oldest.TryPeek(out Entry? entry) &&
            (entry.Forgotten || _entries.Count + room > _options.MaxEntries || _oldest.Count + room > 2L * _options.MaxEntries || (entry.ReadAt is { } at && _time.GetElapsedTime(at) >= _options.Expiry)))
        {
            _oldest.Dequeue();
            Forget(entry);
        }
    }

    private void Forget(Entry entry)
    {
        if (!entry.Forgotten)
        {
            entry.Forgotten = true;
            _entries.Remove((entry.Chain, entry.Key));
        }
    }

    private sealed class Entry(string chain, AddressKey key)
    {
        private readonly TaskCompletionSource<Answer<ChainBalance>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Chain { get; } = chain;

        public AddressKey Key { get; } = key;

        public Task<Answer<ChainBalance>> Answer => _answer.Task;

        public long? ReadAt { get; set; }

        public bool Forgotten { get; set; }

        public void Complete(Answer<ChainBalance> answer) => _answer.TrySetResult(answer);
    }
}
