using System.Buffers;

namespace ChainWatch.Bitcoin;

/// <summary>A block's bytes in a rented buffer, as a node serialises them, whole.</summary>
internal sealed class RawBlock : IDisposable
{
    private byte[]? _buffer;

    private RawBlock(byte[] buffer, int length)
    {
        _buffer = buffer;
        Length = length;
    }

    public int Length { get; }

    public ReadOnlySpan<byte> Bytes => (_buffer ?? throw new ObjectDisposedException(nameof(RawBlock))).AsSpan(0, Length);

    /// <summary>Reads hexadecimal digits.</summary>
    /// <exception cref="BlockFormatException">They are none, or too few for a block.</exception>
    public static RawBlock FromHex(ReadOnlySpan<byte> digits)
    {
        if (digits.Length % 2 != 0 || digits.Length < (RawHeader.Length + 1 + TransactionParts.Least) * 2)
        {
            throw new BlockFormatException("it is no block: there are too few hexadecimal digits, or an odd number of them");
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(digits.Length / 2);
        if (Convert.FromHexString(digits, buffer, out _, out int written) != OperationStatus.Done || written != digits.Length / 2)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new BlockFormatException("it is no block: not all of it is hexadecimal digits");
        }

        return new RawBlock(buffer, written);
    }

    public void Dispose()
    {
        byte[]? buffer = Interlocked.Exchange(ref _buffer, null);
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
