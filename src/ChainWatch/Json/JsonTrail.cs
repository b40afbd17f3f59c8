using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ChainWatch;

/// <summary>
/// Passes over objects and arrays, and remembers how the text between two scalar values in them was spelled before: <c>},"index":</c>, say, closes an object and begins a
/// property of the object around it. Where that comes again, byte by byte, at a place where the same is open, it was proved to be JSON the first time, so that one
/// comparison stands for all of its brackets, names and commas. Nothing depends on what is remembered but the speed.
/// </summary>
internal sealed class JsonTrail
{
    public const int MaxDepth = 64;

    /// <summary>The place behind a text that is not remembered.</summary>
    private const int Elsewhere = 1;
    private const int FirstText = 2;
    private const int MostTexts = 128;

    private readonly Text[] _texts = new Text[MostTexts];
    private readonly (uint Mark, int Text)[] _seen = new (uint, int)[256];
    private int _count = FirstText;

    /// <summary>Behind the object or array that stands here; <see cref="JsonGrammar.Wrong"/> where none does.</summary>
    /// <param name="json">The document's first byte.</param>
    /// <param name="length">The document's length.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="first">The text that such a value began with before; kept for the next time.</param>
    public int Skip(ref byte json, int length, int at, ref int first)
    {
        JsonOpen open = default;
        // The text before, and what came behind it; at the beginning there is none.
        int place = 0;
        int often = first;
        int seldom = _texts[0].Seldom;
        while (true)
        {
            int from = at;
            int next = 0;
            if (length - at > JsonSpelling.Longest)
            {
                next = _texts[often].IsAt(in open, ref Unsafe.Add(ref json, at)) ? often
                    : _texts[seldom].IsAt(in open, ref Unsafe.Add(ref json, at)) ? seldom
                    : 0;
            }

            if (next != 0)
            {
                ref readonly Text known = ref _texts[next];
                at += known.Spelling.Length;
                open = known.Change.Apply(in open);
            }
            else
            {
                JsonOpenWalk walk = new(open);
                at = walk.GoToScalar(ref json, length, at, isValue: place == 0);
                if (at == JsonGrammar.Wrong)
                {
                    return at;
                }

                next = at - from <= JsonSpelling.Longest && length - from > JsonSpelling.Longest
                    ? Learn(place, ref first, MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref json, from), at - from), walk.Change)
                    : Elsewhere;
                open = walk.Open;
            }

            if (open.Depth == 0)
            {
                return at;
            }

            ref Text text = ref _texts[next];
            at = JsonGrammar.At(ref json, length, at) == JsonGrammar.Quote ? text.ValueLength.SkipText(ref json, length, at) : JsonGrammar.SkipScalar(ref json, length, at);
            if (at == JsonGrammar.Wrong)
            {
                return at;
            }

            place = next;
            often = text.Often;
            seldom = text.Seldom;
        }
    }

    /// <summary>Remembers a text when it comes for the second time: names that are keys of a kind (<c>"policy":{"asset":1}</c>) never come again.</summary>
    private int Learn(int place, ref int first, ReadOnlySpan<byte> text, in JsonOpenChange change)
    {
        if (!change.CanBeRemembered)
        {
            return Elsewhere;
        }

        uint mark = JsonSpelling.Mix(ref MemoryMarshal.GetReference(text), text.Length) ^ (uint)change.Inside ^ ((uint)change.Objects << 8);
        ref (uint Mark, int Text) seen = ref _seen[(byte)(mark ^ (mark >> 24))];
        if (seen.Mark != mark)
        {
            seen = (mark, 0);
            return Elsewhere;
        }

        JsonSpelling spelling = new(text);
        if (seen.Text == 0 || !_texts[seen.Text].Spelling.IsSameAs(in spelling) || _texts[seen.Text].Change != change)
        {
            if (_count == MostTexts)
            {
                // Too many spellings: what is remembered is not what comes. Begin anew.
                Array.Clear(_texts);
                Array.Clear(_seen);
                _count = FirstText;
                place = place == 0 ? 0 : Elsewhere;
            }

            seen = (mark, _count);
            _texts[_count++] = new Text { Spelling = spelling, Change = change };
        }

        if (place == 0)
        {
            _texts[0].Seldom = first;
            first = seen.Text;
        }
        else if (_texts[place].Often != seen.Text)
        {
            _texts[place].Seldom = _texts[place].Often;
            _texts[place].Often = seen.Text;
        }

        return seen.Text;
    }

    private struct Text
    {
        public JsonSpelling Spelling;
        public JsonOpenChange Change;

        /// <summary>The text that came next, the last time or most of the times.</summary>
        public int Often;

        /// <summary>The text that came next before that.</summary>
        public int Seldom;

        public ExpectedLength ValueLength;

        /// <summary>Whether it stands here, and, unless it ends all, a scalar behind it: there may be more to it than when it was remembered, white space or an empty array.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly bool IsAt(in JsonOpen open, ref byte at) =>
            Change.Fits(in open) && Spelling.IsAt(ref at) && (Unsafe.Add(ref at, Spelling.Length) is JsonGrammar.Quote or (> JsonGrammar.Space and < (byte)'[') or (> (byte)']' and < (byte)'{') || Change.IsEnd);
    }
}
