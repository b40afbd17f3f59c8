using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ChainWatch.Bitcoin;

/// <summary>Reads the fields of blocks and transactions one after another. Whatever the bytes are, it reads nothing beyond them.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes, int position = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; } = position;

    public readonly int Left => _bytes.Length - Position;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Read(int count)
    {
        if ((uint)count > (uint)Left)
        {
            ThrowCutOff();
        }

        ReadOnlySpan<byte> read = _bytes.Slice(Position, count);
        Position += count;
        return read;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count)
    {
        if ((uint)count > (uint)Left)
        {
            ThrowCutOff();
        }

        Position += count;
    }

    public byte ReadByte() => Read(1)[0];

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Read(sizeof(long)));

    /// <summary>Reads a length in bytes, of what must then be there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadLength()
    {
        if (Position < _bytes.Length && _bytes[Position] < 0xFD)
        {
            int length = _bytes[Position];
            if (length < Left)
            {
                Position++;
                return length;
            }
        }

        return ReadCount(1);
    }

    /// <summary>Reads a number of things that have at least so many bytes each, so that no number can be larger than what is there.</summary>
    public int ReadCount(int least)
    {
        ulong count = ReadByte();
        switch (count)
        {
            case 0xFD:
                count = BinaryPrimitives.ReadUInt16LittleEndian(Read(sizeof(ushort)));
                CheckShortest(count >= 0xFD);
                break;
            case 0xFE:
                count = BinaryPrimitives.ReadUInt32LittleEndian(Read(sizeof(uint)));
                CheckShortest(count > ushort.MaxValue);
                break;
            case 0xFF:
                count = BinaryPrimitives.ReadUInt64LittleEndian(Read(sizeof(ulong)));
                CheckShortest(count > uint.MaxValue);
                break;
            default:
                break;
        }

        if (count > (ulong)(Left / least))
        {
            ThrowCutOff();
        }

        return (int)count;
    }

    private static void CheckShortest(bool isShortest)
    {
        if (!isShortest)
        {
            throw new BlockFormatException("a number is not written in its shortest form");
        }
    }

    [DoesNotReturn]
    private static void ThrowCutOff() => throw new BlockFormatException("the bytes end before what they hold does");
}
