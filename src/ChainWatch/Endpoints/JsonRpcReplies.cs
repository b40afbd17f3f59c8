namespace ChainWatch;

/// <summary>The replies to a batch of JSON-RPC calls, in the order of the calls. Disposing gives the bytes of all results back.</summary>
public sealed class JsonRpcReplies : IDisposable
{
    private readonly JsonRpcReply[] _replies;
    private readonly List<PooledBytes> _bodies = [];

    internal JsonRpcReplies(int count)
    {
        _replies = new JsonRpcReply[count];
    }

    /// <summary>How many calls there were, and so replies.</summary>
    public int Count => _replies.Length;

    /// <summary>The reply to a call, by the call's place in the batch.</summary>
    public JsonRpcReply this[int index] => _replies[index];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PooledBytes body in _bodies)
        {
            body.Dispose();
        }

        _bodies.Clear();
    }

    internal void Set(int index, JsonRpcReply reply) => _replies[index] = reply;

    internal void Keep(PooledBytes body) => _bodies.Add(body);

    /// <summary>Takes the bytes of other replies over, which need not be disposed any more.</summary>
    internal void TakeOver(JsonRpcReplies other)
    {
        _bodies.AddRange(other._bodies);
        other._bodies.Clear();
    }
}
