using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
    private const byte Quote = JsonGrammar.Quote;

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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fail()
    {
        _failed = true;
        _at = _length;
    }

    /// <summary>Enters the object that begins here.</summary>
    /// <returns>False, and the scanner gives up, where there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool BeginObject() => Enter((byte)'{');

    /// <summary>Enters the array that begins here.</summary>
    /// <returns>False, and the scanner gives up, where there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool BeginArray() => Enter((byte)'[');

    /// <summary>Goes to the value of the object's next property.</summary>
    /// <param name="shape">The names to look for.</param>
    /// <param name="place">Where in the object the scanner is: 0 at its beginning, and from then on what the last call left.</param>
    /// <param name="field">The property's place among the names of <paramref name="shape"/>; -1 where it is none of them.</param>
    /// <returns>False at the object's end, which is behind the scanner then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool NextProperty(JsonShape shape, ref int place, out int field)
    {
        if (_length - _at > JsonShape.Longest)
        {
            int text = shape.Follow(place, ref Unsafe.Add(ref _json, _at));
            if (text != 0)
            {
                place = text;
                _at += shape.LengthOf(text);
                field = shape.FieldOf(text);
                return true;
            }
        }

        if (Current == (byte)'}')
        {
            _at++;
            field = -1;
            return false;
        }

        JsonStep step = JsonStep.Next(ref _json, _length, _at, shape, place);
        place = step.Place;
        field = step.Field;
        return MoveTo(step.At) && !step.IsEnd;
    }

    /// <summary>Goes to the array's next item.</summary>
    /// <param name="first">True before the first item; left false.</param>
    /// <returns>False at the array's end, which is behind the scanner then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
    public bool TryNull() => Current == (byte)'n' && MoveTo(JsonGrammar.SkipLiteral(ref _json, _length, _at, "null"u8));

    /// <summary>Passes over a <c>false</c>.</summary>
    /// <returns>False where another value stands here.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFalse() => Current == (byte)'f' && MoveTo(JsonGrammar.SkipLiteral(ref _json, _length, _at, "false"u8));

    /// <summary>Reads a string that is written without escapes; the scanner gives up where another value stands here.</summary>
    /// <returns>The bytes between the quotes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadText()
    {
        if (Current == Quote)
        {
            int from = _at + 1;
            int end = JsonGrammar.FindSpecial(ref _json, _length, from);
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
        byte here = Current;
        return MoveTo(
            here == Quote ? shape.LengthBehind(place).SkipText(ref _json, _length, _at)
            : here is (byte)'{' or (byte)'[' ? shape.SkipNested(ref _json, _length, _at, place)
            : JsonGrammar.SkipScalar(ref _json, _length, _at));
    }

    /// <summary>Passes over the value that stands here, whatever it is.</summary>
    /// <returns>False, and the scanner gives up, where none is.</returns>
    public bool Skip()
    {
        byte here = Current;
        if (here is (byte)'{' or (byte)'[')
        {
            JsonOpenWalk walk = default;
            return MoveTo(walk.SkipAll(ref _json, _length, _at));
        }

        return MoveTo(here == Quote ? JsonGrammar.SkipText(ref _json, _length, _at) : JsonGrammar.SkipScalar(ref _json, _length, _at));
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

        return MoveTo(JsonBrackets.PassOver(ref _json, _length, _at));
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    /// <summary>Goes on behind a part of the document; the scanner gives up where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MoveTo(int end)
    {
        if (end == JsonGrammar.Wrong)
        {
            Fail();
            return false;
        }

        _at = end;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SkipSpace() => _at = JsonGrammar.SkipSpace(ref _json, _length, _at);
}
