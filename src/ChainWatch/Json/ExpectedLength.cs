using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>How long a text that comes again and again was. The processor need not wait until a text's end is found where it lies where it always did.</summary>
internal struct ExpectedLength
{
    /// <summary>How often a text must have been as long before its length is expected.</summary>
    private const int Trust = 3;

    /// <summary>How much more often after it was expected wrongly.</summary>
    private const int Distrust = 60;

    private int _last;
    private int _same;

    /// <summary>The length; 0 where it changes.</summary>
    public int Value { get; private set; }

    /// <summary>Behind the string whose first quote stands here; <see cref="JsonGrammar.Wrong"/> where it is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int SkipText(ref byte json, int length, int at)
    {
        int end = JsonGrammar.FindSpecial(ref json, length, at + 1);
        int expected = Value;
        if (expected > 0 && end == at + expected && Unsafe.Add(ref json, end) == JsonGrammar.Quote)
        {
            return at + expected + 1;
        }

        return SkipOtherText(ref json, length, at, end);
    }

    private int SkipOtherText(ref byte json, int length, int at, int end)
    {
        if (end < length && Unsafe.Add(ref json, end) == JsonGrammar.Quote)
        {
            Learn(end - at);
            return end + 1;
        }

        return JsonGrammar.SkipEscapes(ref json, length, end);
    }

    /// <summary>Takes in a length that was not expected.</summary>
    private void Learn(int length)
    {
        if (Value != 0)
        {
            // It was always as long, and is not now. It takes a while to be believed again.
            Value = 0;
            _same = -Distrust;
            _last = length;
        }
        else if (_last != length)
        {
            _last = length;
            _same = Math.Min(_same, 0);
        }
        else if (++_same >= Trust)
        {
            Value = length;
        }
    }
}
