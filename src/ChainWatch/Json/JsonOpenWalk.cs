using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>Walks over brackets, commas and names inside of a value that is passed over, and notes what they close and open.</summary>
internal ref struct JsonOpenWalk
{
    private readonly int _depthBefore;
    private readonly ulong _objectsBefore;
    private int _depth;
    private ulong _objects;
    private int _lowest;
    private int _highest;

    /// <param name="open">What is open where it begins.</param>
    public JsonOpenWalk(JsonOpen open)
    {
        _depthBefore = open.Depth;
        _objectsBefore = open.Objects;
        _depth = _lowest = _highest = open.Depth;
        _objects = open.Objects;
    }

    /// <summary>What is open where it has come to.</summary>
    public readonly JsonOpen Open => new(_depth, _objects);

    /// <summary>What all that it has passed closed and opened.</summary>
    public readonly JsonOpenChange Change
    {
        get
        {
            int closes = _depthBefore - _lowest;
            int opens = _depth - _lowest;
            // A text that begins or ends the value stands there only; any other one also says in what it goes on when it has closed what it closes.
            bool isEnd = _depthBefore == 0 || _depth == 0;
            int known = isEnd ? closes : closes + 1;
            ulong mask = LowBits(known);
            return new JsonOpenChange(
                known + 1,
                isEnd ? 0 : (uint)Math.Max(0, JsonTrail.MaxDepth - (_highest - _depthBefore) - known),
                mask,
                _objectsBefore & mask,
                closes,
                opens,
                _objects & LowBits(opens),
                _depth == 0);
        }
    }

    /// <summary>Behind the object or array that stands here; <see cref="JsonGrammar.Wrong"/> where none does. Nothing must be open yet.</summary>
    public int SkipAll(ref byte json, int length, int at)
    {
        at = GoToScalar(ref json, length, at, isValue: true);
        while (at != JsonGrammar.Wrong && _depth > 0)
        {
            at = JsonGrammar.At(ref json, length, at) == JsonGrammar.Quote ? JsonGrammar.SkipText(ref json, length, at) : JsonGrammar.SkipScalar(ref json, length, at);
            at = at == JsonGrammar.Wrong ? at : GoToScalar(ref json, length, at, isValue: false);
        }

        return at;
    }

    /// <summary>Goes to the next number, string or literal that is a value, or behind the value that is passed over where that ends before.</summary>
    /// <param name="json">The document's first byte.</param>
    /// <param name="length">The document's length.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="isValue">Whether a value must stand here, or one has ended here.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int GoToScalar(ref byte json, int length, int at, bool isValue)
    {
        while (true)
        {
            at = JsonGrammar.SkipSpace(ref json, length, at);
            byte here = JsonGrammar.At(ref json, length, at);
            bool inObject;
            if (isValue)
            {
                if (here is not ((byte)'{' or (byte)'['))
                {
                    // Whoever reads it finds out whether it is one.
                    return _depth > 0 ? at : JsonGrammar.Wrong;
                }

                if (_depth == JsonTrail.MaxDepth)
                {
                    return JsonGrammar.Wrong;
                }

                inObject = here == (byte)'{';
                _objects = (_objects << 1) | (inObject ? 1UL : 0UL);
                _highest = Math.Max(_highest, ++_depth);
                at = JsonGrammar.SkipSpace(ref json, length, at + 1);
                here = JsonGrammar.At(ref json, length, at);
                if (here == (inObject ? (byte)'}' : (byte)']'))
                {
                    isValue = false;
                    continue;
                }
            }
            else
            {
                inObject = (_objects & 1) != 0;
                if (here == (inObject ? (byte)'}' : (byte)']'))
                {
                    at++;
                    _objects >>= 1;
                    _lowest = Math.Min(_lowest, --_depth);
                    if (_depth == 0)
                    {
                        return at;
                    }

                    continue;
                }

                if (here != (byte)',')
                {
                    return JsonGrammar.Wrong;
                }

                at = JsonGrammar.SkipSpace(ref json, length, at + 1);
                here = JsonGrammar.At(ref json, length, at);
            }

            if (inObject)
            {
                at = here == JsonGrammar.Quote ? JsonGrammar.SkipText(ref json, length, at) : JsonGrammar.Wrong;
                at = at == JsonGrammar.Wrong ? at : JsonGrammar.SkipColon(ref json, length, at);
                if (at == JsonGrammar.Wrong)
                {
                    return at;
                }
            }

            isValue = true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LowBits(int count) => count >= 64 ? ulong.MaxValue : (1UL << count) - 1;
}
