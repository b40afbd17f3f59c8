using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ChainWatch;

/// <summary>
/// What a <see cref="JsonScanner"/> remembers of one kind of object: the names that are looked for, and how the text between two values was spelled before
/// (<c>,"blockHash":</c>, with whatever white space its writer puts in). Text that is the same again, byte by byte, was proved to be JSON the first time, so it is passed
/// over in one comparison. Nothing depends on what is remembered but the speed. One scanner at a time may use it.
/// </summary>
public sealed class JsonShape
{
    /// <summary>How many bytes must follow for a remembered text to be compared.</summary>
    internal const int Longest = 2 * Chunk;

    /// <summary>The place in an object before its first property.</summary>
    internal const int Beginning = 0;

    /// <summary>The place after a property whose text is not remembered.</summary>
    internal const int Elsewhere = 1;

    private const int Chunk = 32;
    private const int FirstText = 2;
    private const int MostTexts = 64;

    /// <summary>How often a value must have been as long before its length is expected.</summary>
    private const int Trust = 3;

    /// <summary>How much more often after it was expected wrongly.</summary>
    private const int Distrust = 60;

    private readonly byte[][] _names;
    private readonly Text[] _texts = new Text[MostTexts];
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
    internal int FollowOften(int place, ref byte at)
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

        return _texts[next].IsAt(ref at) ? next : 0;
    }

    /// <summary>The other text that came next after this place before, if it comes again; otherwise 0.</summary>
    internal int FollowSeldom(int place, ref byte at)
    {
        int next = _texts[place].Seldom;
        return next != 0 && _texts[next].IsAt(ref at) ? next : 0;
    }

    /// <summary>How long the value behind this text always was, with its first quote; 0 where that changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int ExpectedLength(int text) => _texts[text].ValueLength;

    /// <summary>Takes in how long the value behind this text was, where that was not expected.</summary>
    internal void LearnLength(int text, int length)
    {
        ref Text known = ref _texts[text];
        if (known.ValueLength != 0)
        {
            // It was always as long, and is not now. It takes a while to be believed again.
            known.ValueLength = 0;
            known.SameLength = -Distrust;
            known.LastLength = length;
        }
        else if (known.LastLength != length)
        {
            known.LastLength = length;
            known.SameLength = Math.Min(known.SameLength, 0);
        }
        else if (++known.SameLength >= Trust)
        {
            known.ValueLength = length;
        }
    }

    internal int LengthOf(int text) => _texts[text].Length;

    internal int FieldOf(int text) => _texts[text].Field;

    /// <summary>Remembers a text that was read with care.</summary>
    /// <param name="place">The place before it; the place after it when this returns.</param>
    /// <param name="text">All from the end of the value before to the beginning of this property's value.</param>
    /// <param name="name">The property's name.</param>
    /// <returns>The property's place among the names; -1 where it is none of them.</returns>
    internal int Learn(ref int place, ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        if (text.Length > Longest)
        {
            place = Elsewhere;
            return Find(name);
        }

        int known = FirstText;
        while (known < _count && !_texts[known].Is(text))
        {
            known++;
        }

        if (known == MostTexts)
        {
            // Too many spellings: what is remembered is not what comes. Begin anew.
            Array.Clear(_texts);
            _count = FirstText;
            known = FirstText;
        }

        if (known == _count)
        {
            _texts[_count++] = Text.Of(text, Find(name));
        }

        ref Text before = ref _texts[place];
        if (before.Often != known)
        {
            before.Seldom = before.Often;
            before.Often = known;
        }

        place = known;
        return _texts[known].Field;
    }

    private int Find(ReadOnlySpan<byte> name)
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
        public int Length;
        public int Field;

        /// <summary>The text that came next, the last time or most of the times.</summary>
        public int Often;

        /// <summary>The text that came next before that.</summary>
        public int Seldom;

        public int ValueLength;
        public int LastLength;
        public int SameLength;

        private Vector256<byte> _low;
        private Vector256<byte> _lowMask;
        private Vector256<byte> _high;
        private Vector256<byte> _highMask;

        public static Text Of(ReadOnlySpan<byte> text, int field)
        {
            Span<byte> bytes = stackalloc byte[Longest];
            Span<byte> mask = stackalloc byte[Longest];
            bytes.Clear();
            mask.Clear();
            text.CopyTo(bytes);
            mask[..text.Length].Fill(0xFF);
            return new Text
            {
                Length = text.Length,
                Field = field,
                _low = Vector256.Create<byte>(bytes),
                _lowMask = Vector256.Create<byte>(mask),
                _high = Vector256.Create<byte>(bytes[Chunk..]),
                _highMask = Vector256.Create<byte>(mask[Chunk..]),
            };
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly bool IsAt(ref byte at) =>
            ((Vector256.LoadUnsafe(ref at) ^ _low) & _lowMask) == Vector256<byte>.Zero &&
            (Length <= Chunk || ((Vector256.LoadUnsafe(ref at, Chunk) ^ _high) & _highMask) == Vector256<byte>.Zero);

        public readonly bool Is(ReadOnlySpan<byte> text)
        {
            if (text.Length != Length)
            {
                return false;
            }

            Span<byte> bytes = stackalloc byte[Longest];
            bytes.Clear();
            text.CopyTo(bytes);
            return IsAt(ref MemoryMarshal.GetReference(bytes));
        }
    }
}
