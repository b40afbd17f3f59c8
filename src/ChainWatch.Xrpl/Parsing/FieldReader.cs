using System.Buffers.Binary;

namespace ChainWatch.Xrpl;

/// <summary>
/// Walks over a serialized transaction or its metadata, field by field and into objects and arrays, in one pass and without allocating. A type that it does not know ends the
/// walk with an error: its length is unknown, and guessing would lose what stands behind it.
/// </summary>
internal ref struct FieldReader
{
    private const int MostDepth = 16;
    private readonly ReadOnlySpan<byte> _data;
    private int _at;

    public FieldReader(ReadOnlySpan<byte> data)
    {
        _data = data;
    }

    public FieldKind Kind { get; private set; }

    /// <summary>The field, as in <see cref="Xrpl.Field"/>.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a <see cref="FieldKind.Value"/>, without its length prefix.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>How many objects and arrays are open; the start of one counts as inside it, its end as outside.</summary>
    public int Depth { get; private set; }

    public readonly uint Number => Value.Length switch
    {
        1 => Value[0],
        2 => BinaryPrimitives.ReadUInt16BigEndian(Value),
        4 => BinaryPrimitives.ReadUInt32BigEndian(Value),
        _ => throw new LedgerFormatException("a field is no number of 32 bits"),
    };

    /// <summary>Goes on to the next field; false at the end.</summary>
    public bool Read()
    {
        if (_at == _data.Length)
        {
            return Depth == 0 ? false : throw new LedgerFormatException("an object is not closed");
        }

        int first = _data[_at++];
        int type = first >> 4;
        int number = first & 0xF;
        if (type == 0)
        {
            type = Take(1)[0];
        }

        if (number == 0)
        {
            number = Take(1)[0];
        }

        Field = (type << 8) | number;
        Value = default;
        if (type is FieldType.Object or FieldType.Array)
        {
            ReadContainer(number);
            return true;
        }

        Kind = FieldKind.Value;
        Value = type switch
        {
            FieldType.UInt8 => Take(1),
            FieldType.UInt16 => Take(2),
            FieldType.UInt32 or FieldType.Int32 => Take(4),
            FieldType.UInt64 or FieldType.Int64 => Take(8),
            FieldType.Number or FieldType.UInt96 => Take(12),
            FieldType.Hash128 => Take(16),
            FieldType.Hash160 or FieldType.Currency => Take(20),
            FieldType.Hash192 => Take(24),
            FieldType.Hash256 => Take(32),
            FieldType.UInt384 => Take(48),
            FieldType.UInt512 => Take(64),
            FieldType.Amount => Take(AmountReader.LengthOf(Peek())),
            FieldType.Blob or FieldType.Vector256 => TakePrefixed(),
            FieldType.Account => TakeAccount(),
            FieldType.PathSet => TakePaths(),
            FieldType.Issue => TakeIssue(),
            FieldType.CrossChainBridge => TakeBridge(),
            _ => throw new LedgerFormatException($"field {number} has the unknown type {type}: the network speaks a newer version of its format than this package"),
        };
        return true;
    }

    private void ReadContainer(int number)
    {
        if (number == 1)
        {
            Kind = FieldKind.End;
            if (--Depth < 0)
            {
                throw new LedgerFormatException("an object is closed that was not opened");
            }
        }
        else
        {
            Kind = FieldKind.Start;
            if (++Depth > MostDepth)
            {
                throw new LedgerFormatException("objects are nested too deeply");
            }
        }
    }

    private readonly byte Peek() => _at < _data.Length ? _data[_at] : throw Cut();

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_data.Length - _at < length)
        {
            throw Cut();
        }

        ReadOnlySpan<byte> value = _data.Slice(_at, length);
        _at += length;
        return value;
    }

    private ReadOnlySpan<byte> TakePrefixed()
    {
        int first = Take(1)[0];
        int length = first switch
        {
            <= 192 => first,
            <= 240 => 193 + ((first - 193) * 256) + Take(1)[0],
            <= 254 => 12481 + ((first - 241) * 65536) + BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            _ => throw new LedgerFormatException("a length prefix is not valid"),
        };
        return Take(length);
    }

    private ReadOnlySpan<byte> TakeAccount()
    {
        ReadOnlySpan<byte> account = TakePrefixed();

        // An account field that is not set is serialized as empty.
        return account.Length is AccountKey.AccountLength or 0 ? account : throw new LedgerFormatException("an account has not 20 bytes");
    }

    /// <summary>Paths: steps, each a byte of flags and up to three times 20 bytes, until the byte that ends them.</summary>
    private ReadOnlySpan<byte> TakePaths()
    {
        const byte Next = 0xFF;
        int start = _at;
        while (true)
        {
            byte flags = Take(1)[0];
            if (flags == 0)
            {
                return _data[start.._at];
            }

            if (flags == Next)
            {
                continue;
            }

            Take(20 * (flags & 0x01));
            Take(20 * ((flags >> 4) & 0x01));
            Take(20 * ((flags >> 5) & 0x01));
            if ((flags & 0xCE) != 0)
            {
                // 0x40 marks a multi-purpose token, whose issuance has 24 bytes.
                Take((flags & 0xCE) == 0x40 ? 24 : throw new LedgerFormatException("a path has a step of an unknown kind"));
            }
        }
    }

    /// <summary>An asset: the currency of XRP alone, currency and issuer, or, behind an account and the mark "no account", the number of a multi-purpose token.</summary>
    private ReadOnlySpan<byte> TakeIssue()
    {
        int start = _at;
        if (Take(20).ContainsAnyExcept((byte)0))
        {
            ReadOnlySpan<byte> second = Take(20);
            if (second[19] == 1 && !second[..19].ContainsAnyExcept((byte)0))
            {
                Take(4);
            }
        }

        return _data[start.._at];
    }

    private ReadOnlySpan<byte> TakeBridge()
    {
        int start = _at;
        TakeAccount();
        TakeIssue();
        TakeAccount();
        TakeIssue();
        return _data[start.._at];
    }

    private static LedgerFormatException Cut() => new("an object breaks off");
}
