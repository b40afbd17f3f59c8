using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ChainWatch;

/// <summary>
/// Walks over UTF-8 JSON forward only, without allocation, several times faster than <see cref="System.Text.Json.Utf8JsonReader"/>: what is not looked at is passed over
/// by vectors. It takes no document that the reader refuses: grammar, numbers, literals, escapes, control characters and what is skipped are all checked. It does give up
/// on some that the reader takes: names that are written with escapes, and values that are skipped and nest deeper than 64. Whoever uses it has a slower way for those.
/// </summary>
/// <remarks>
/// Once it has given up, <see cref="Failed"/> stays true and nothing more is found: a caller may look once, at the end. Strings are not decoded, so that they hold valid UTF-8
/// is not checked, as it is not by the reader.
/// </remarks>
public ref struct JsonScanner
{
    private const byte Quote = (byte)'"';
    private const byte Backslash = (byte)'\\';
    private const byte Space = (byte)' ';
    private const int MaxSkippedDepth = 64;

    /// <summary>How many bytes of a hexadecimal string stand before its digits: the quote, and <c>0x</c>.</summary>
    private const int HexStart = 3;

    private readonly ref byte _json;
    private readonly int _length;
    private int _at;
    private bool _failed;

    /// <summary>Begins before the document's only value.</summary>
    /// <param name="json">The whole document.</param>
    public JsonScanner(ReadOnlySpan<byte> json)
    {
        _json = ref MemoryMarshal.GetReference(json);
        _length = json.Length;
        SkipSpace();
    }

    /// <summary>True when this is no JSON, or none that this scanner can read.</summary>
    public readonly bool Failed => _failed;

    /// <summary>Where the scanner stands: how many bytes are behind it.</summary>
    public readonly int Position => _at;

    /// <summary>The byte that the scanner stands before; 0 at the end. Before a value it tells the value's type.</summary>
    public readonly byte Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _at < _length ? Unsafe.Add(ref _json, _at) : (byte)0;
    }

    /// <summary>Gives up: the caller cannot use what it has found.</summary>
    public void Fail()
    {
        _failed = true;
        _at = _length;
    }

    /// <summary>Enters the object that begins here.</summary>
    /// <returns>False, and the scanner gives up, where there is none.</returns>
    public bool BeginObject() => Enter((byte)'{');

    /// <summary>Enters the array that begins here.</summary>
    /// <returns>False, and the scanner gives up, where there is none.</returns>
    public bool BeginArray() => Enter((byte)'[');

    /// <summary>Goes to the value of the object's next property.</summary>
    /// <param name="shape">The names to look for.</param>
    /// <param name="place">Where in the object the scanner is: 0 at its beginning, and from then on what the last call left.</param>
    /// <param name="field">The property's place among the names of <paramref name="shape"/>; -1 where it is none of them.</param>
    /// <returns>False at the object's end, which is behind the scanner then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool NextProperty(JsonShape shape, ref int place, out int field)
    {
        if (_length - _at >= JsonShape.Longest)
        {
            int text = shape.FollowOften(place, ref Unsafe.Add(ref _json, _at));
            if (text != 0)
            {
                place = text;
                _at += shape.LengthOf(text);
                field = shape.FieldOf(text);
                return true;
            }
        }

        return NextPropertyWithCare(shape, ref place, out field);
    }

    /// <summary>Goes to the array's next item.</summary>
    /// <param name="first">True before the first item; left false.</param>
    /// <returns>False at the array's end, which is behind the scanner then.</returns>
    public bool NextItem(ref bool first)
    {
        SkipSpace();
        byte here = Current;
        if (here == (byte)']')
        {
            _at++;
            return false;
        }

        if (first)
        {
            first = false;
            return !_failed;
        }

        if (here != (byte)',')
        {
            Fail();
            return false;
        }

        _at++;
        SkipSpace();
        if (Current == (byte)']')
        {
            Fail();
        }

        return !_failed;
    }

    /// <summary>Passes over a <c>null</c>.</summary>
    /// <returns>False where another value stands here.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryNull() => Current == (byte)'n' && SkipLiteral("null"u8);

    /// <summary>Passes over a <c>false</c>.</summary>
    /// <returns>False where another value stands here.</returns>
    public bool TryFalse() => Current == (byte)'f' && SkipLiteral("false"u8);

    /// <summary>Reads a string that is written without escapes; the scanner gives up where another value stands here.</summary>
    /// <returns>The bytes between the quotes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadText()
    {
        if (Current == Quote)
        {
            int from = _at + 1;
            int end = FindSpecial(from);
            if (end < _length && Unsafe.Add(ref _json, end) == Quote)
            {
                _at = end + 1;
                return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _json, from), end - from);
            }
        }

        Fail();
        return default;
    }

    /// <summary>Reads a string of <c>0x</c> and exactly as many hexadecimal digits as fill <paramref name="destination"/>; the scanner gives up where another value stands here.</summary>
    /// <returns>False where the scanner gave up.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadHex(scoped Span<byte> destination)
    {
        if (TryReadHex(destination))
        {
            return true;
        }

        Fail();
        return false;
    }

    /// <summary>Reads a string of <c>0x</c> and exactly as many hexadecimal digits as fill <paramref name="destination"/>. Where another value stands here, the scanner stays before it.</summary>
    /// <returns>False where another value stands here.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadHex(scoped Span<byte> destination)
    {
        int digits = destination.Length * 2;
        // Digits are no quotes: where all of them are digits and the quotes stand where they must, nothing is left to look for.
        if (_length - _at > digits + HexStart &&
            StartsHex(ref Unsafe.Add(ref _json, _at)) &&
            Unsafe.Add(ref _json, _at + HexStart + digits) == Quote &&
            HexDigits.TryRead(ref Unsafe.Add(ref _json, _at + HexStart), destination))
        {
            _at += digits + HexStart + 1;
            return true;
        }

        return false;
    }

    /// <summary>
    /// Passes over text that was passed over before, if it comes again byte by byte: properties that say the same in one object after the other. The scanner must stand where
    /// it stood before them, between the same two kinds of things.
    /// </summary>
    /// <param name="from">Where they began.</param>
    /// <param name="length">How long they were.</param>
    /// <returns>False where other text stands here.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRepeat(int from, int length)
    {
        if (from + length <= _at && length <= _length - _at &&
            MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _json, from), length).SequenceEqual(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _json, _at), length)))
        {
            _at += length;
            return true;
        }

        return false;
    }

    /// <summary>Reads a string of <c>0x</c> and one to sixteen hexadecimal digits as a number. Where another value stands here, the scanner stays before it.</summary>
    /// <returns>False where another value stands here, or the document ends too soon behind it to read it this way.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadHexNumber(out ulong value)
    {
        if (_length - _at > HexStart + Vector128<byte>.Count && StartsHex(ref Unsafe.Add(ref _json, _at)))
        {
            int digits = HexDigits.ReadNumber(ref Unsafe.Add(ref _json, _at + HexStart), out value);
            if (digits > 0 && Unsafe.Add(ref _json, _at + HexStart + digits) == Quote)
            {
                _at += HexStart + digits + 1;
                return true;
            }
        }

        value = 0;
        return false;
    }

    /// <summary>Passes over the value of the property that <see cref="NextProperty"/> has just gone to, whatever it is.</summary>
    /// <param name="shape">The names that were looked for; it remembers how long such values are.</param>
    /// <param name="place">Where in the object the scanner is.</param>
    /// <returns>False, and the scanner gives up, where none is.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Skip(JsonShape shape, int place)
    {
        if (Current != Quote)
        {
            return Skip();
        }

        int end = FindSpecial(_at + 1);
        int expected = shape.ExpectedLength(place);
        if (expected > 0 && end == _at + expected && Unsafe.Add(ref _json, end) == Quote)
        {
            // The processor need not wait until the end is found: where it lies was known before.
            _at += expected + 1;
            return true;
        }

        return SkipOfAnyLength(shape, place, end);
    }

    /// <summary>Passes over the value that stands here, whatever it is.</summary>
    /// <returns>False, and the scanner gives up, where none is.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Skip()
    {
        byte here = Current;
        return here == Quote ? SkipText() : here is (byte)'{' or (byte)'[' ? SkipNested() : SkipScalar(here);
    }

    /// <summary>
    /// Passes over the object or array that stands here by its brackets alone, several times faster than <see cref="Skip()"/>. That what is inside is JSON is not checked: it is for
    /// whoever reads it afterwards.
    /// </summary>
    /// <returns>False, and the scanner gives up, where none is, or where it has no end.</returns>
    public bool PassOver()
    {
        if (Current is not ((byte)'{' or (byte)'['))
        {
            Fail();
            return false;
        }

        // All ones while a string is open across the blocks; one where the last byte before was a backslash that stands for the next byte.
        ulong open = 0;
        ulong escapes = 0;
        int depth = 0;
        Span<byte> last = stackalloc byte[Vector512<byte>.Count];
        for (int block = _at; block < _length; block += Vector512<byte>.Count)
        {
            Vector512<byte> bytes;
            if (block <= _length - Vector512<byte>.Count)
            {
                bytes = Vector512.LoadUnsafe(ref _json, (nuint)block);
            }
            else
            {
                last.Clear();
                MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _json, block), _length - block).CopyTo(last);
                bytes = Vector512.Create<byte>(last);
            }

            ulong quotes = Vector512.Equals(bytes, Vector512.Create(Quote)).ExtractMostSignificantBits();
            ulong backslashes = Vector512.Equals(bytes, Vector512.Create(Backslash)).ExtractMostSignificantBits();
            if ((backslashes | escapes) != 0)
            {
                quotes &= ~Escaped(backslashes, ref escapes);
            }

            ulong inString = PrefixXor(quotes) ^ open;
            open = (ulong)((long)inString >> 63);
            // The brackets of either kind differ in one bit.
            Vector512<byte> folded = bytes | Vector512.Create((byte)0x20);
            ulong opening = Vector512.Equals(folded, Vector512.Create((byte)'{')).ExtractMostSignificantBits() & ~inString;
            ulong closing = Vector512.Equals(folded, Vector512.Create((byte)'}')).ExtractMostSignificantBits() & ~inString;
            int closed = BitOperations.PopCount(closing);
            if (closed < depth)
            {
                depth += BitOperations.PopCount(opening) - closed;
                continue;
            }

            for (ulong brackets = opening | closing; brackets != 0; brackets &= brackets - 1)
            {
                ulong lowest = brackets & (0 - brackets);
                depth += (opening & lowest) != 0 ? 1 : -1;
                if (depth == 0)
                {
                    _at = block + BitOperations.TrailingZeroCount(lowest) + 1;
                    return true;
                }
            }
        }

        Fail();
        return false;
    }

    /// <summary>Looks whether nothing but white space follows; the scanner gives up where something does.</summary>
    /// <returns>True when the document was read to its end, and is JSON.</returns>
    public bool End()
    {
        SkipSpace();
        if (_at < _length)
        {
            Fail();
        }

        return !_failed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool StartsHex(ref byte at) => (Unsafe.ReadUnaligned<uint>(ref at) & 0x00DFFFFF) == (BitConverter.IsLittleEndian ? 0x00583022u : 0u);

    private bool SkipOfAnyLength(JsonShape shape, int place, int end)
    {
        if (end < _length && Unsafe.Add(ref _json, end) == Quote)
        {
            shape.LearnLength(place, end - _at);
            _at = end + 1;
            return true;
        }

        return SkipTextWithEscapes(end);
    }

    /// <summary>The bytes that a backslash before them takes the meaning from.</summary>
    private static ulong Escaped(ulong backslashes, ref ulong first)
    {
        ulong escaped = first;
        first = 0;
        for (ulong rest = backslashes & ~escaped; rest != 0;)
        {
            int at = BitOperations.TrailingZeroCount(rest);
            rest &= rest - 1;
            if (at == 63)
            {
                first = 1;
            }
            else
            {
                escaped |= 1UL << (at + 1);
                rest &= ~(1UL << (at + 1));
            }
        }

        return escaped;
    }

    /// <summary>Each bit becomes the parity of itself and all bits below: set between the quotes of a string, the first included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits)
    {
        if (Pclmulqdq.IsSupported)
        {
            return Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();
        }

        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        return bits ^ (bits << 32);
    }

    private bool Enter(byte bracket)
    {
        if (Current != bracket)
        {
            Fail();
            return false;
        }

        _at++;
        return true;
    }

    private bool NextPropertyWithCare(JsonShape shape, ref int place, out int field)
    {
        field = -1;
        if (Current == (byte)'}')
        {
            _at++;
            return false;
        }

        if (_length - _at >= JsonShape.Longest)
        {
            int known = shape.FollowSeldom(place, ref Unsafe.Add(ref _json, _at));
            if (known != 0)
            {
                place = known;
                _at += shape.LengthOf(known);
                field = shape.FieldOf(known);
                return true;
            }
        }

        int from = _at;
        SkipSpace();
        if (Current == (byte)'}')
        {
            _at++;
            return false;
        }

        if (place != JsonShape.Beginning)
        {
            if (Current != (byte)',')
            {
                Fail();
                return false;
            }

            _at++;
            SkipSpace();
        }

        ReadOnlySpan<byte> name = ReadText();
        if (!SkipColon())
        {
            return false;
        }

        field = shape.Learn(ref place, MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _json, from), _at - from), name);
        return true;
    }

    private bool SkipColon()
    {
        SkipSpace();
        if (Current != (byte)':')
        {
            Fail();
            return false;
        }

        _at++;
        SkipSpace();
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SkipSpace()
    {
        while (_at < _length && Unsafe.Add(ref _json, _at) is Space or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            _at++;
        }
    }

    /// <summary>The first byte that means something in a string, from here on: a quote, a backslash or a control character. The document's length where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int FindSpecial(int at)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            for (; at <= _length - Vector512<byte>.Count; at += Vector512<byte>.Count)
            {
                Vector512<byte> bytes = Vector512.LoadUnsafe(ref _json, (nuint)at);
                ulong special =
                    Vector512.Equals(bytes, Vector512.Create(Quote)).ExtractMostSignificantBits() |
                    Vector512.Equals(bytes, Vector512.Create(Backslash)).ExtractMostSignificantBits() |
                    Vector512.LessThan(bytes, Vector512.Create(Space)).ExtractMostSignificantBits();
                if (special != 0)
                {
                    return at + BitOperations.TrailingZeroCount(special);
                }
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            for (; at <= _length - Vector256<byte>.Count; at += Vector256<byte>.Count)
            {
                Vector256<byte> bytes = Vector256.LoadUnsafe(ref _json, (nuint)at);
                uint special = (Vector256.Equals(bytes, Vector256.Create(Quote)) | Vector256.Equals(bytes, Vector256.Create(Backslash)) | Vector256.LessThan(bytes, Vector256.Create(Space)))
                    .ExtractMostSignificantBits();
                if (special != 0)
                {
                    return at + BitOperations.TrailingZeroCount(special);
                }
            }
        }

        return FindSpecialNearTheEnd(at);
    }

    private readonly int FindSpecialNearTheEnd(int at)
    {
        for (; at <= _length - Vector128<byte>.Count; at += Vector128<byte>.Count)
        {
            Vector128<byte> bytes = Vector128.LoadUnsafe(ref _json, (nuint)at);
            uint special = (Vector128.Equals(bytes, Vector128.Create(Quote)) | Vector128.Equals(bytes, Vector128.Create(Backslash)) | Vector128.LessThan(bytes, Vector128.Create(Space)))
                .ExtractMostSignificantBits();
            if (special != 0)
            {
                return at + BitOperations.TrailingZeroCount(special);
            }
        }

        while (at < _length && Unsafe.Add(ref _json, at) is not (Quote or Backslash or < Space))
        {
            at++;
        }

        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool SkipText()
    {
        int end = FindSpecial(_at + 1);
        if (end < _length && Unsafe.Add(ref _json, end) == Quote)
        {
            _at = end + 1;
            return true;
        }

        return SkipTextWithEscapes(end);
    }

    private bool SkipTextWithEscapes(int at)
    {
        while (at < _length && Unsafe.Add(ref _json, at) == Backslash)
        {
            byte escape = at + 1 < _length ? Unsafe.Add(ref _json, at + 1) : (byte)0;
            if (escape == (byte)'u')
            {
                for (int digit = at + 2; digit < at + 6; digit++)
                {
                    if (digit >= _length || !char.IsAsciiHexDigit((char)Unsafe.Add(ref _json, digit)))
                    {
                        Fail();
                        return false;
                    }
                }

                at += 6;
            }
            else if (escape is Quote or Backslash or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t')
            {
                at += 2;
            }
            else
            {
                Fail();
                return false;
            }

            at = FindSpecial(at);
        }

        if (at < _length && Unsafe.Add(ref _json, at) == Quote)
        {
            _at = at + 1;
            return true;
        }

        Fail();
        return false;
    }

    private bool SkipScalar(byte first) => first switch
    {
        (byte)'t' => SkipLiteral("true"u8),
        (byte)'f' => SkipLiteral("false"u8),
        (byte)'n' => SkipLiteral("null"u8),
        _ => SkipNumber(),
    };

    private bool SkipLiteral(ReadOnlySpan<byte> literal)
    {
        if (_length - _at >= literal.Length && MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _json, _at), literal.Length).SequenceEqual(literal))
        {
            _at += literal.Length;
            return true;
        }

        Fail();
        return false;
    }

    private bool SkipNumber()
    {
        if (Current == (byte)'-')
        {
            _at++;
        }

        bool valid = true;
        if (Current == (byte)'0')
        {
            _at++;
        }
        else
        {
            valid = SkipDigits();
        }

        if (valid && Current == (byte)'.')
        {
            _at++;
            valid = SkipDigits();
        }

        if (valid && Current is (byte)'e' or (byte)'E')
        {
            _at++;
            if (Current is (byte)'+' or (byte)'-')
            {
                _at++;
            }

            valid = SkipDigits();
        }

        if (!valid)
        {
            Fail();
        }

        return valid;
    }

    private bool SkipDigits()
    {
        int from = _at;
        while (Current is >= (byte)'0' and <= (byte)'9')
        {
            _at++;
        }

        return _at > from;
    }

    /// <summary>Passes over an object or array. Which of the two is open at each depth is one bit.</summary>
    private bool SkipNested()
    {
        ulong objects = 0;
        int depth = 0;
        bool opens = true;
        while (true)
        {
            if (opens)
            {
                if (depth++ == MaxSkippedDepth)
                {
                    Fail();
                    return false;
                }

                objects = (objects << 1) | (Current == (byte)'{' ? 1UL : 0UL);
                _at++;
            }

            bool inObject = (objects & 1) != 0;
            SkipSpace();
            byte here = Current;
            if (here == (inObject ? (byte)'}' : (byte)']'))
            {
                _at++;
                objects >>= 1;
                if (--depth == 0)
                {
                    return true;
                }

                opens = false;
                continue;
            }

            if (!opens)
            {
                if (here != (byte)',')
                {
                    Fail();
                    return false;
                }

                _at++;
                SkipSpace();
                here = Current;
            }

            if (inObject)
            {
                if (here != Quote || !SkipText() || !SkipColon())
                {
                    Fail();
                    return false;
                }

                here = Current;
            }

            opens = here is (byte)'{' or (byte)'[';
            if (!opens && !(here == Quote ? SkipText() : SkipScalar(here)))
            {
                return false;
            }
        }
    }
}
