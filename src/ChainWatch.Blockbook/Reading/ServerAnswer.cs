namespace ChainWatch.Blockbook;

/// <summary>What a server answered, in rented memory. Who takes it disposes it.</summary>
internal sealed class ServerAnswer : IDisposable
{
    private readonly PooledBytes? _owner;
    private readonly ReadOnlyMemory<byte> _data;
    private bool _disposed;

    /// <param name="body">What came; the answer owns it.</param>
    /// <param name="start">Where in it the answer begins.</param>
    /// <param name="length">How long the answer is.</param>
    public ServerAnswer(PooledBytes body, int start, int length)
    {
        _owner = body;
        _data = body.Memory.Slice(start, length);
        Size = body.Length;
    }

    /// <param name="data">An answer in memory that nobody has to give back.</param>
    public ServerAnswer(ReadOnlyMemory<byte> data)
    {
        _data = data;
        Size = data.Length;
    }

    public int Size { get; }

    /// <summary>The answer itself, without what it came in.</summary>
    public ReadOnlySpan<byte> Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _data.Span;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _owner?.Dispose();
    }
}
