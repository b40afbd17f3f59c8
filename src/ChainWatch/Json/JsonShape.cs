using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ChainWatch;

/// <summary>
/// What a <see cref="JsonScanner"/> remembers of one kind of object: the names that are looked for, and how the text between two values was spelled before
/// (<c>,"blockHash":</c>, with whatever white space its writer puts in). Text that is the same again, byte by byte, was proved to be JSON the first time, so it is passed
/// over in one comparison. Nothing depends on what is remembered but the speed. One scanner at a time may use it.
/// </summary>
public sealed class JsonShape
{
    /// <summary>More bytes than this must follow for the text that is likeliest to be compared.</summary>
    internal const int Longest = JsonSpelling.Longest;

    /// <summary>How many bytes must follow for a remembered text to be looked for by its name.</summary>
    internal const int Window = 96;

    /// <summary>The place in an object before its first property.</summary>
    internal const int Beginning = 0;

    /// <summary>The place after a property whose text is not remembered.</summary>
    internal const int Elsewhere = 1;

    private const int FirstText = 2;
    private const int MostTexts = 96;

    private readonly byte[][] _names;
    private readonly Text[] _texts = new Text[MostTexts];

    /// <summary>The last text with a name of this mixture; first those that begin an object, then all others.</summary>
    private readonly byte[] _byName = new byte[512];

    private JsonTrail? _trail;
    private int _count = FirstText;

    /// <summary>Creates the memory for one kind of object.</summary>
    /// <param name="names">The names of the properties that are looked for. A property is told by the place of its name in this list.</param>
    public JsonShape(params ReadOnlySpan<string> names)
    {
        _names = new byte[names.Length][];
        for (int index = 0; index < names.Length; index++)
        {
            _names[index] = System.Text.Encoding.UTF8.GetBytes(names[index]);
        }
    }

    /// <summary>The text that came next after this place before, if it comes again; otherwise 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Follow(int place, ref byte at)
    {
        // Mostly what comes next was remembered next. Guessing so, the processor need not wait for what is remembered to go on.
        int next = place + 1;
        int often = _texts[place].Often;
        if (often != next)
        {
            next = often;
            if (next == 0)
            {
                return 0;
            }
        }

        // More white space may follow than when the text was remembered.
        ref readonly JsonSpelling spelling = ref _texts[next].Spelling;
        return spelling.IsAt(ref at) && Unsafe.Add(ref at, spelling.Length) > JsonGrammar.Space ? next : 0;
    }

    /// <summary>Any remembered text that comes here; otherwise 0. It is looked for by its name, so that properties may come in another order each time.</summary>
    /// <param name="place">The place before it.</param>
    /// <param name="at">Where it would stand; <see cref="Window"/> bytes must be there.</param>
    internal int Find(int place, ref byte at)
    {
        ulong quotes = Vector512.Equals(Vector512.LoadUnsafe(ref at), Vector512.Create(JsonGrammar.Quote)).ExtractMostSignificantBits();
        int from = BitOperations.TrailingZeroCount(quotes) + 1;
        int to = BitOperations.TrailingZeroCount(quotes & (quotes - 1));
        if (to == Vector512<byte>.Count)
        {
            return 0;
        }

        int text = _byName[NamePlace(place, ref Unsafe.Add(ref at, from), to - from)];
        if (text == 0 || !_texts[text].Spelling.IsAt(ref at))
        {
            return 0;
        }

        _texts[place].Often = text;
        return text;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int LengthOf(int text) => _texts[text].Spelling.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int FieldOf(int text) => _texts[text].Field;

    /// <summary>How long the string behind this text is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref ExpectedLength LengthBehind(int text) => ref _texts[text].ValueLength;

    /// <summary>Behind the object or array that stands here, as the value behind a text; <see cref="JsonGrammar.Wrong"/> where none does.</summary>
    internal int SkipNested(ref byte json, int length, int at, int text) => (_trail ??= new JsonTrail()).Skip(ref json, length, at, ref _texts[text].Inside);

    /// <summary>Remembers a text that was read with care.</summary>
    /// <param name="place">The place before it; the place after it when this returns.</param>
    /// <param name="text">All from the end of the value before to the beginning of this property's value.</param>
    /// <param name="name">The property's name, which lies in the text.</param>
    /// <returns>The property's place among the names; -1 where it is none of them.</returns>
    internal int Learn(ref int place, ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        if (text.Length > Longest)
        {
            place = Elsewhere;
            return FieldNamed(name);
        }

        JsonSpelling spelling = new(text);
        int known = FirstText;
        while (known < _count && !_texts[known].Spelling.IsSameAs(in spelling))
        {
            known++;
        }

        if (known == MostTexts)
        {
            // Too many spellings: what is remembered is not what comes. Begin anew.
            Array.Clear(_texts);
            Array.Clear(_byName);
            _count = FirstText;
            known = FirstText;
            place = place == Beginning ? Beginning : Elsewhere;
        }

        if (known == _count)
        {
            _texts[_count++] = new Text { Spelling = spelling, Field = FieldNamed(name) };
        }

        _texts[place].Often = known;
        // The name and what follows it, as it is looked for.
        Span<byte> looked = stackalloc byte[Window];
        looked.Clear();
        name.CopyTo(looked);
        _byName[NamePlace(place, ref looked[0], name.Length)] = (byte)known;
        place = known;
        return _texts[known].Field;
    }

    /// <summary>A comma stands before all texts but those at the beginning.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int NamePlace(int place, ref byte name, int length) => (int)(JsonSpelling.Mix(ref name, length) >> 24) + (place == Beginning ? 0 : 256);

    private int FieldNamed(ReadOnlySpan<byte> name)
    {
        for (int index = 0; index < _names.Length; index++)
        {
            if (name.SequenceEqual(_names[index]))
            {
                return index;
            }
        }

        return -1;
    }

    private struct Text
    {
        public JsonSpelling Spelling;
        public int Field;

        /// <summary>The text that came next.</summary>
        public int Often;

        /// <summary>How long the value is, where it is a string.</summary>
        public ExpectedLength ValueLength;

        /// <summary>How the value begins, where it is an object or array: of use to <see cref="JsonTrail"/>.</summary>
        public int Inside;
    }
}
