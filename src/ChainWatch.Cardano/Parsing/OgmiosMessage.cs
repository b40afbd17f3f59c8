using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>One message of a server (JSON-RPC 2.0), in rented memory. Who takes it disposes it, or takes its block, which then owns the memory.</summary>
internal sealed class OgmiosMessage : IDisposable
{
    private PooledBytes? _body;

    public OgmiosMessage(PooledBytes body)
    {
        _body = body;
    }

    public MessageKind Kind { get; set; }

    /// <summary>The number that the request had; <see langword="null"/> where the message names none, or none of ours.</summary>
    public long? Id { get; set; }

    /// <summary>Where the result, or the error, stands.</summary>
    public Range Content { get; set; }

    /// <summary>Of <see cref="MessageKind.Backward"/>: the point to go back to.</summary>
    public CardanoPoint Point { get; set; }

    /// <summary>Of a step of the chain: the end of the server's chain; <see langword="null"/> where that is empty.</summary>
    public ChainPoint? Tip { get; set; }

    /// <summary>Of <see cref="MessageKind.Forward"/>: the block.</summary>
    public BlockData? Block { get; set; }

    public ReadOnlyMemory<byte> Body => (_body ?? throw new ObjectDisposedException(nameof(OgmiosMessage))).Memory;

    public int Length => _body?.Length ?? 0;

    /// <summary>Reads the result, or the error, as a tree: for the small ones.</summary>
    /// <exception cref="CardanoFormatException">The reader finds something else than it needs.</exception>
    public T Read<T>(Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Body[Content]);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException or FormatException or JsonException)
        {
            throw new CardanoFormatException("the result is not of the protocol's shape");
        }
    }

    /// <summary>Hands the memory over to a block.</summary>
    public PooledBytes TakeBody() => Interlocked.Exchange(ref _body, null) ?? throw new ObjectDisposedException(nameof(OgmiosMessage));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _body, null) is { } body)
        {
            body.Dispose();
            Block?.Dispose();
        }
    }
}
