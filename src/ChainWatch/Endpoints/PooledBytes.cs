using System.Buffers;

namespace ChainWatch;

/// <summary>Bytes in a rented buffer. Disposing gives the buffer back; what was read out of <see cref="Memory"/> must not be used after that.</summary>
public sealed class PooledBytes : IDisposable
{
    private byte[]? _buffer;
    private readonly int _length;

    private PooledBytes(byte[] buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    /// <summary>The number of bytes.</summary>
    public int Length => _length;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory => (_buffer ?? throw new ObjectDisposedException(nameof(PooledBytes))).AsMemory(0, _length);

    /// <summary>Rents room for so many bytes, for the caller to fill.</summary>
    internal static PooledBytes Rent(int length, out Span<byte> bytes)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        bytes = buffer.AsSpan(0, length);
        return new PooledBytes(buffer, length);
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="sizeHint">How many bytes are expected; it need not be right.</param>
    /// <param name="maxBytes">The most bytes to take.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The bytes, or <see langword="null"/> when there are more than <paramref name="maxBytes"/>.</returns>
    public static async ValueTask<PooledBytes?> ReadAsync(Stream stream, long? sizeHint, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (sizeHint > maxBytes)
        {
            return null;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp((sizeHint ?? 0) + 1, 16 * 1024, maxBytes + 1L));
        int length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, maxBytes + 1L));
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
                length += read;
                if (length > maxBytes)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    return null;
                }

                if (read == 0)
                {
                    return new PooledBytes(buffer, length);
                }
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        byte[]? buffer = Interlocked.Exchange(ref _buffer, null);
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
