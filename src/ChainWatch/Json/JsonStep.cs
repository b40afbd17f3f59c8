using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ChainWatch;

/// <summary>A step from one property of an object to the next.</summary>
/// <param name="At">Where the property's value begins; <see cref="JsonGrammar.Wrong"/> where none does.</param>
/// <param name="Place">Where in the object that is.</param>
/// <param name="Field">The property's place among the names that are looked for; -1 where it is none of them.</param>
/// <param name="IsEnd">Whether there is no other property: the object ends before <paramref name="At"/>.</param>
internal readonly record struct JsonStep(int At, int Place, int Field, bool IsEnd)
{
    /// <summary>Goes to the next property where another one comes than the likeliest.</summary>
    public static JsonStep Next(ref byte json, int length, int at, JsonShape shape, int place)
    {
        if (length - at >= JsonShape.Window)
        {
            int text = shape.Find(place, ref Unsafe.Add(ref json, at));
            if (text != 0)
            {
                // More white space may follow than when the text was remembered.
                return new JsonStep(JsonGrammar.SkipSpace(ref json, length, at + shape.LengthOf(text)), text, shape.FieldOf(text), IsEnd: false);
            }
        }

        int from = at;
        at = JsonGrammar.SkipSpace(ref json, length, at);
        byte here = JsonGrammar.At(ref json, length, at);
        if (here == (byte)'}')
        {
            return new JsonStep(at + 1, place, Field: -1, IsEnd: true);
        }

        if (place != JsonShape.Beginning)
        {
            if (here != (byte)',')
            {
                return None;
            }

            at = JsonGrammar.SkipSpace(ref json, length, at + 1);
            here = JsonGrammar.At(ref json, length, at);
        }

        int nameAt = at + 1;
        int nameEnd = JsonGrammar.FindSpecial(ref json, length, nameAt);
        if (here != JsonGrammar.Quote || JsonGrammar.At(ref json, length, nameEnd) != JsonGrammar.Quote)
        {
            return None;
        }

        at = JsonGrammar.SkipColon(ref json, length, nameEnd + 1);
        if (at == JsonGrammar.Wrong)
        {
            return None;
        }

        int field = shape.Learn(
            ref place,
            MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref json, from), at - from),
            MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref json, nameAt), nameEnd - nameAt));
        return new JsonStep(at, place, field, IsEnd: false);
    }

    private static JsonStep None => new(JsonGrammar.Wrong, JsonShape.Elsewhere, Field: -1, IsEnd: false);
}
