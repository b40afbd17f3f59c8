namespace ChainWatch;

/// <summary>Requests for ranges of blocks, several under way at once, taken in order. What it holds on to is bounded.</summary>
internal sealed class BlockPrefetch : IAsyncDisposable
{
    private readonly IBlockReader _reader;
    private readonly PolledSourceOptions _options;
    private readonly Func<AddressSet> _watched;
    private readonly Queue<Request> _requests = new();
    private readonly List<Task> _discarded = [];
    private CancellationTokenSource _cancellation = new();
    private int _batch;
    private long _blockBytes;

    public BlockPrefetch(IBlockReader reader, PolledSourceOptions options, Func<AddressSet> watched)
    {
        _reader = reader;
        _options = options;
        _watched = watched;
        _batch = Math.Max(1, options.BatchSize);
    }

    public bool IsEmpty => _requests.Count == 0;

    /// <summary>Asks for more, as far as the bounds allow, up to and including a height.</summary>
    public void TopUp(long nextHeight, long headHeight)
    {
        foreach (Request request in _requests)
        {
            nextHeight = request.FromHeight + request.Count;
        }

        long underWay = _requests.Sum(static request => (long)request.Count);
        while (nextHeight <= headHeight && _requests.Count < Math.Max(1, _options.Parallelism))
        {
            long room = _blockBytes == 0 ? long.MaxValue : (_options.PrefetchBytes / _blockBytes) - underWay;
            if (room <= 0 && _requests.Count > 0)
            {
                return;
            }

            int count = (int)Math.Max(1, Math.Min(Math.Min(_batch, room), headHeight - nextHeight + 1));
            _requests.Enqueue(new Request(nextHeight, count, _reader.ReadBlocksAsync(nextHeight, count, _watched(), _cancellation.Token).AsTask()));
            nextHeight += count;
            underWay += count;
        }
    }

    /// <summary>Takes the answer to the oldest request. A later request that no longer follows on, because this one brought less than was asked for, is dropped.</summary>
    public async Task<Answer<IReadOnlyList<Block>>> TakeAsync(CancellationToken cancellationToken)
    {
        Request request = _requests.Peek();
        Answer<IReadOnlyList<Block>> answer = await request.Answer.WaitAsync(cancellationToken);
        _requests.Dequeue();
        if (answer.IsFound)
        {
            long bytes = answer.Value.Sum(static block => (long)block.Size) / answer.Value.Count;
            _blockBytes = _blockBytes == 0 ? Math.Max(1, bytes) : Math.Max(1, ((_blockBytes * 3) + bytes) / 4);
            if (answer.Value.Count < request.Count)
            {
                // The endpoint's limit, or its head: ask for what it gives, and feel the way back up.
                _batch = Math.Max(1, answer.Value.Count);
                Drop();
            }
            else if (request.Count >= _batch)
            {
                _batch = Math.Min(_options.BatchSize, _batch * 2);
            }
        }

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
            _discarded.Add(DiscardAsync(request.Answer));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Drop();
        await Task.WhenAll(_discarded);
        _cancellation.Dispose();
    }

    private static async Task DiscardAsync(Task<Answer<IReadOnlyList<Block>>> pending)
    {
        // Nobody waits for this answer any more, so whatever it is, also a failure, is of no interest: only its memory is.
        await Task.WhenAny(pending);
        if (pending.IsCompletedSuccessfully && (await pending).Value is { } blocks)
        {
            foreach (Block block in blocks)
            {
                block.Dispose();
            }
        }
    }

    private readonly record struct Request(long FromHeight, int Count, Task<Answer<IReadOnlyList<Block>>> Answer);
}
