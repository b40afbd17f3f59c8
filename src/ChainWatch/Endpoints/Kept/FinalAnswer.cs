namespace ChainWatch;

/// <summary>An answer of one endpoint that is kept, or on its way: whoever asks the same meanwhile waits for it.</summary>
internal sealed class FinalAnswer((string Endpoint, JsonRpcCall Call) key)
{
    /// <summary>What an entry weighs besides its bytes and its call's text: itself, its places in the table and the queue.</summary>
    private const int Overhead = 256;

    private readonly TaskCompletionSource<PackedAnswer?> _packed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public (string Endpoint, JsonRpcCall Call) Key => key;

    /// <summary>The answer; <see langword="null"/> where none came that others could use.</summary>
    public Task<PackedAnswer?> Packed => _packed.Task;

    /// <summary>When it came; <see langword="null"/> while it is on its way.</summary>
    public long? KeptAt { get; set; }

    /// <summary>True once it is not given out any more.</summary>
    public bool Forgotten { get; set; }

    public int Size { get; private set; }

    public void Complete(PackedAnswer? packed)
    {
        Size = packed is null ? 0 : packed.Size + (2 * key.Call.Parameters.Length) + Overhead;
        _packed.TrySetResult(packed);
    }
}
