using System.Buffers.Binary;

namespace ChainWatch.Evm;

/// <summary>Writes RLP (Ethereum's yellow paper, appendix B), the form in which headers, transactions and receipts are hashed.</summary>
internal sealed class RlpWriter
{
    private byte[] _buffer = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets what was written since.</summary>
    public void GoBack(int length) => Length = length;

    /// <summary>Writes a byte as it is, outside of any string: the type before a typed transaction.</summary>
    public void WriteRaw(byte value) => Take(1)[0] = value;

    /// <summary>Writes a string of bytes.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length != 1 || data[0] >= 0x80)
        {
            WriteLength(data.Length, 0x80);
        }

        data.CopyTo(Take(data.Length));
    }

    /// <summary>Writes a string of bytes that is given in hexadecimal digits. False where they are none, after which what is written is worth nothing.</summary>
    public bool TryWriteDigits(ReadOnlySpan<byte> digits)
    {
        int count = (digits.Length + 1) / 2;
        if (count == 1)
        {
            Span<byte> only = [0];
            bool isHex = HexText.TryDecode(digits, only);
            Write(only);
            return isHex;
        }

        WriteLength(count, 0x80);
        return HexText.TryDecode(digits, Take(count));
    }

    /// <summary>Writes a number: its bytes without leading zeros.</summary>
    public void WriteNumber(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Write(((ReadOnlySpan<byte>)bytes).TrimStart((byte)0));
    }

    /// <summary>Begins a list; what is written up to <see cref="EndList"/> are its items.</summary>
    public int BeginList() => Length;

    /// <summary>Ends the list that was begun there.</summary>
    public void EndList(int begin)
    {
        int payload = Length - begin;
        WriteLength(payload, 0xC0);
        int head = Length - begin - payload;
        Span<byte> header = stackalloc byte[9];
        _buffer.AsSpan(begin + payload, head).CopyTo(header);
        _buffer.AsSpan(begin, payload).CopyTo(_buffer.AsSpan(begin + head));
        header[..head].CopyTo(_buffer.AsSpan(begin));
    }

    private void WriteLength(int length, byte offset)
    {
        if (length < 56)
        {
            WriteRaw((byte)(offset + length));
            return;
        }

        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        ReadOnlySpan<byte> digits = ((ReadOnlySpan<byte>)bytes).TrimStart((byte)0);
        WriteRaw((byte)(offset + 55 + digits.Length));
        digits.CopyTo(Take(digits.Length));
    }

    private Span<byte> Take(int count)
    {
        if (_buffer.Length - Length < count)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        }

        Length += count;
        return _buffer.AsSpan(Length - count, count);
    }
}
