namespace ChainWatch;

/// <summary>
/// Keeps what the endpoints of one chain answered about final blocks, for back-scans: those for addresses that are registered one after the other walk over the same blocks, and one that was
/// interrupted walks over them again. What is kept are the answers as they came, so they serve for any address, and pass the same checks each time. Each serves for the endpoint alone that gave it, so
/// that what is read still comes from one endpoint and bears its name. Whoever asks for what another asks for at the same time shares his answer.
/// </summary>
/// <remarks>
/// Never kept are answers about blocks that are not final (<see cref="JsonRpcCall.IsFinal"/>), errors, and answers that say nothing (<c>null</c>, an empty list or text). Nothing is given out, or kept,
/// outside of a <see cref="FinalAnswersScope"/>. As soon as anything contradicts what an endpoint said, all of it is forgotten (<see cref="Forget"/>). Safe to call from any thread.
/// </remarks>
public sealed class FinalAnswers
{
    private readonly long _maxBytes;
    private readonly TimeSpan _expiry;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Endpoint, JsonRpcCall Call), FinalAnswer> _entries = [];

    // All entries live equally long, so they end in the order in which they came. One that was forgotten meanwhile is passed over.
    private readonly Queue<FinalAnswer> _oldest = new();
    private long _bytes;
    private long _kept;
    private long _shared;
    private long _read;

    /// <summary>Creates it, with nothing in it.</summary>
    /// <param name="maxBytes">How much memory it may hold, in bytes, from 1 up; the oldest answer goes first. One that is larger than that is not kept.</param>
    /// <param name="expiry">How long an answer is given out again.</param>
    /// <param name="timeProvider">The clock of the expiry.</param>
    public FinalAnswers(long maxBytes, TimeSpan expiry, TimeProvider timeProvider)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _maxBytes = maxBytes;
        _expiry = expiry;
        _time = timeProvider;
    }

    /// <summary>How many bytes of memory the answers take that are kept now.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                Trim();
                return _bytes;
            }
        }
    }

    /// <summary>How many calls were answered from memory.</summary>
    public long Kept => Interlocked.Read(ref _kept);

    /// <summary>How many calls were answered by what somebody else was asking for at the same time.</summary>
    public long Shared => Interlocked.Read(ref _shared);

    /// <summary>How many calls about final blocks went to an endpoint, in a <see cref="FinalAnswersScope"/>.</summary>
    public long Read => Interlocked.Read(ref _read);

    /// <summary>Forgets all answers, or those of one endpoint, also those that are on their way: they are asked for anew.</summary>
    /// <param name="endpoint">The endpoint's name; <see langword="null"/> for all.</param>
    public void Forget(string? endpoint = null)
    {
        lock (_lock)
        {
            foreach (FinalAnswer entry in _entries.Values.Where(entry => endpoint is null || string.Equals(entry.Key.Endpoint, endpoint, StringComparison.Ordinal)).ToArray())
            {
                Remove(entry);
            }

            Trim();
        }
    }

    /// <summary>Makes calls to an endpoint, but for those that are answered already, or just now for somebody else.</summary>
    internal async ValueTask<JsonRpcReplies> CallAsync(
        string endpoint, IReadOnlyList<JsonRpcCall> calls, Func<IReadOnlyList<JsonRpcCall>, CancellationToken, ValueTask<JsonRpcReplies>> send, CancellationToken cancellationToken)
    {
        JsonRpcReplies replies = new(calls.Count);
        List<(int Index, FinalAnswer? Own)> open = [];
        List<(int Index, FinalAnswer Other, bool Kept)> waits = [];
        try
        {
            for (int index = 0; index < calls.Count; index++)
            {
                if (!calls[index].IsFinal)
                {
                    open.Add((index, null));
                }
                else if (Look((endpoint, calls[index]), out FinalAnswer entry))
                {
                    waits.Add((index, entry, entry.Packed.IsCompleted));
                }
                else
                {
                    open.Add((index, entry));
                }
            }

            // One's own calls first: so two who wait for each other's both have theirs.
            await SendAsync(calls, open, replies, send, cancellationToken);
            open.Clear();
            foreach ((int index, FinalAnswer other, bool kept) in waits)
            {
                if (await other.Packed.WaitAsync(cancellationToken) is { } packed)
                {
                    PooledBytes bytes = packed.Unpack();
                    replies.Keep(bytes);
                    replies.Set(index, new JsonRpcReply(bytes.Memory, error: null));
                    Interlocked.Increment(ref kept ? ref _kept : ref _shared);
                }
                else
                {
                    // It failed, was cancelled, or said nothing: that is nobody's but its own.
                    open.Add((index, null));
                    Interlocked.Increment(ref _read);
                }
            }

            await SendAsync(calls, open, replies, send, cancellationToken);
            return replies;
        }
        catch
        {
            replies.Dispose();
            throw;
        }
        finally
        {
            foreach ((_, FinalAnswer? own) in open)
            {
                Fail(own);
            }
        }
    }

    private async ValueTask SendAsync(
        IReadOnlyList<JsonRpcCall> calls, List<(int Index, FinalAnswer? Own)> open, JsonRpcReplies into, Func<IReadOnlyList<JsonRpcCall>, CancellationToken, ValueTask<JsonRpcReplies>> send, CancellationToken cancellationToken)
    {
        if (open.Count == 0)
        {
            return;
        }

        JsonRpcReplies sent = await send([.. open.Select(one => calls[one.Index])], cancellationToken);
        into.TakeOver(sent);
        for (int at = 0; at < open.Count; at++)
        {
            (int index, FinalAnswer? own) = open[at];
            into.Set(index, sent[at]);
            if (own is not null)
            {
                Keep(own, sent[at]);
            }
        }
    }

    /// <summary>Looks for an answer. True where there is one, or one is on its way; false where the caller has to ask, and tell.</summary>
    private bool Look((string Endpoint, JsonRpcCall Call) key, out FinalAnswer entry)
    {
        lock (_lock)
        {
            Trim();
            if (_entries.TryGetValue(key, out FinalAnswer? found))
            {
                entry = found;
                return true;
            }

            entry = new FinalAnswer(key);
            _entries.Add(key, entry);
        }

        Interlocked.Increment(ref _read);
        return false;
    }

    private void Keep(FinalAnswer entry, in JsonRpcReply reply)
    {
        if (reply.Error is not null || SaysNothing(reply.Result.Span))
        {
            Fail(entry);
            return;
        }

        entry.Complete(PackedAnswer.Pack(reply.Result.Span));
        lock (_lock)
        {
            // Forgotten while it was on its way: it may be from before what it was forgotten for.
            if (entry.Forgotten)
            {
                return;
            }

            entry.KeptAt = _time.GetTimestamp();
            _oldest.Enqueue(entry);
            _bytes += entry.Size;
            Trim();
        }
    }

    private void Fail(FinalAnswer? entry)
    {
        if (entry is null || entry.Packed.IsCompleted)
        {
            return;
        }

        lock (_lock)
        {
            Remove(entry);
        }

        entry.Complete(packed: null);
    }

    private static bool SaysNothing(ReadOnlySpan<byte> result) =>
        result.IsEmpty || result.SequenceEqual("null"u8) || result.SequenceEqual("[]"u8) || result.SequenceEqual("{}"u8) || result.SequenceEqual("\"\""u8) || result.SequenceEqual("\"0x\""u8);

    private void Trim()
    {
        while (_oldest.TryPeek(out FinalAnswer? entry) && (entry.Forgotten || _bytes > _maxBytes || _time.GetElapsedTime(entry.KeptAt!.Value) >= _expiry))
        {
            _oldest.Dequeue();
            Remove(entry);
        }
    }

    private void Remove(FinalAnswer entry)
    {
        if (!entry.Forgotten)
        {
            entry.Forgotten = true;
            _entries.Remove(entry.Key);
            _bytes -= entry.KeptAt is null ? 0 : entry.Size;
        }
    }
}
