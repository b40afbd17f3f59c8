namespace ChainWatch;

/// <summary>
/// Requests for ranges of blocks, several under way at once, taken in order. How many blocks are asked for at once follows from how long that takes: more where answers come
/// quickly, so that waiting for the network is shared by many; fewer where they are slow, cut off, or do not come at all. What it holds on to is bounded.
/// </summary>
internal sealed class BlockPrefetch : IAsyncDisposable
{
    /// <summary>How many blocks the first request asks for: its answer should come soon, and tell how long more would take.</summary>
    private const int FirstBatch = 32;

    /// <summary>A request that takes less may be larger. One that takes more than twice as long is smaller next time, long before it takes too long altogether.</summary>
    private static readonly TimeSpan GoodDuration = TimeSpan.FromSeconds(1);

    private readonly IBlockReader _reader;
    private readonly TimeProvider _time;
    private readonly PolledSourceOptions _options;
    private readonly Func<AddressSet> _watched;
    private readonly Queue<Request> _requests = new();
    private readonly List<Task> _discarded = [];
    private CancellationTokenSource _cancellation = new();
    private int _batch;
    private long _blockBytes;

    public BlockPrefetch(IBlockReader reader, PolledSourceOptions options, Func<AddressSet> watched, TimeProvider time)
    {
        _reader = reader;
        _options = options;
        _watched = watched;
        _time = time;
        _batch = Math.Clamp(options.BatchSize, 1, FirstBatch);
    }

    public bool IsEmpty => _requests.Count == 0;

    /// <summary>Asks for more, as far as the bounds allow, up to and including a height.</summary>
    public void TopUp(long nextHeight, long headHeight)
    {
        foreach (Request request in _requests)
        {
            nextHeight = request.FromHeight + request.Count;
        }

        // What is asked for here waits behind the head where an endpoint's limits are short.
        using EndpointPriorityScope catchUp = EndpointPriorityScope.Begin(EndpointPriority.CatchUp);
        long underWay = _requests.Sum(static request => (long)request.Count);
        while (nextHeight <= headHeight && _requests.Count < Math.Max(1, _options.Parallelism))
        {
            long room = _blockBytes == 0 ? long.MaxValue : (_options.PrefetchBytes / _blockBytes) - underWay;
            if (room <= 0 && _requests.Count > 0)
            {
                return;
            }

            int count = (int)Math.Max(1, Math.Min(Math.Min(_batch, room), headHeight - nextHeight + 1));
            _requests.Enqueue(new Request(nextHeight, count, ReadAsync(nextHeight, count, _cancellation.Token)));
            nextHeight += count;
            underWay += count;
        }
    }

    /// <summary>Takes the answer to the oldest request. A later request that no longer follows on, because this one brought less than was asked for, is dropped.</summary>
    public async Task<Answer<IReadOnlyList<Block>>> TakeAsync(CancellationToken cancellationToken)
    {
        Request request = _requests.Peek();
        (Answer<IReadOnlyList<Block>> answer, TimeSpan duration) = await request.Reading.WaitAsync(cancellationToken);
        _requests.Dequeue();
        Learn(request.Count, answer, duration);
        return answer;
    }

    /// <summary>Forgets all requests. Blocks that still arrive for them are given back.</summary>
    public void Drop()
    {
        if (_requests.Count == 0)
        {
            return;
        }

        _cancellation.Cancel();
        _cancellation.Dispose();
        _cancellation = new CancellationTokenSource();
        _discarded.RemoveAll(static task => task.IsCompleted);
        while (_requests.TryDequeue(out Request request))
        {
            _discarded.Add(DiscardAsync(request.Reading));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Drop();
        await Task.WhenAll(_discarded);
        _cancellation.Dispose();
    }

    private async Task<(Answer<IReadOnlyList<Block>> Answer, TimeSpan Duration)> ReadAsync(long fromHeight, int count, CancellationToken cancellationToken)
    {
        long started = _time.GetTimestamp();
        Answer<IReadOnlyList<Block>> answer = await _reader.ReadBlocksAsync(fromHeight, count, _watched(), cancellationToken);
        if (answer is { IsFound: true, Value.Count: 0 })
        {
            answer = Answer<IReadOnlyList<Block>>.Unknown($"no block came from height {fromHeight} on, where one or more were said to be found");
        }

        return (answer, _time.GetElapsedTime(started));
    }

    private void Learn(int asked, Answer<IReadOnlyList<Block>> answer, TimeSpan duration)
    {
        if (!answer.IsFound)
        {
            // Perhaps it was too much to be answered in time. Where it was something else, the way back up is short.
            _batch = answer.Kind == AnswerKind.Unknown ? Math.Clamp(asked / 2, 1, _batch) : _batch;
            return;
        }

        long bytes = answer.Value.Sum(static block => (long)block.Size) / answer.Value.Count;
        _blockBytes = _blockBytes == 0 ? Math.Max(1, bytes) : Math.Max(1, ((_blockBytes * 3) + bytes) / 4);
        if (answer.Value.Count < asked)
        {
            // The endpoint's limit, or its head: ask for what it gives, and feel the way back up.
            _batch = answer.Value.Count;
            Drop();
        }
        else if (duration > 2 * GoodDuration)
        {
            _batch = Math.Clamp(asked / 2, 1, _batch);
        }
        else if (duration < GoodDuration && asked >= _batch)
        {
            _batch = Math.Clamp(_batch * 2, 1, Math.Max(1, _options.BatchSize));
        }
    }

    private static async Task DiscardAsync(Task<(Answer<IReadOnlyList<Block>> Answer, TimeSpan Duration)> pending)
    {
        // Nobody waits for this answer any more, so whatever it is, also a failure, is of no interest: only its memory is.
        await Task.WhenAny(pending);
        if (pending.IsCompletedSuccessfully && (await pending).Answer.Value is { } blocks)
        {
            foreach (Block block in blocks)
            {
                block.Dispose();
            }
        }
    }

    private readonly record struct Request(long FromHeight, int Count, Task<(Answer<IReadOnlyList<Block>> Answer, TimeSpan Duration)> Reading);
}
