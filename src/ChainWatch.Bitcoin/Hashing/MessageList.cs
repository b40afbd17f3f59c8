using System.Buffers;
using System.Buffers.Binary;

namespace ChainWatch.Bitcoin;

/// <summary>Messages to be hashed, each with SHA-256's padding behind it, in rented buffers.</summary>
internal sealed class MessageList : IDisposable
{
    private const int BlockLength = Sha256Lanes.BlockLength;
    private byte[] _bytes;
    private int[] _offsets;
    private int _length;

    /// <param name="count">The most messages that will be added.</param>
    /// <param name="bytes">How many bytes they have together, at most.</param>
    public MessageList(int count, int bytes)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(bytes + (count * (BlockLength + Sha256Lanes.LeastPadding)));
        _offsets = ArrayPool<int>.Shared.Rent(count + 1);
        _offsets[0] = 0;
    }

    public int Count { get; private set; }

    /// <summary>The padded messages, one after another.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Where each padded message begins, and where the last one ends.</summary>
    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, Count + 1);

    /// <summary>Adds a message, and gives the room that its bytes go into.</summary>
    public Span<byte> Add(int length)
    {
        int padded = (length + Sha256Lanes.LeastPadding + BlockLength - 1) / BlockLength * BlockLength;
        Span<byte> message = _bytes.AsSpan(_length, padded);
        message[length..].Clear();
        message[length] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(message[^sizeof(long)..], length * 8L);
        _length += padded;
        _offsets[++Count] = _length;
        return message[..length];
    }

    public void Clear()
    {
        Count = 0;
        _length = 0;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        ArrayPool<int>.Shared.Return(_offsets);
        _bytes = [];
        _offsets = [];
    }
}
