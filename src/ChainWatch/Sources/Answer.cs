using System.Diagnostics.CodeAnalysis;

namespace ChainWatch;

/// <summary>
/// What asking an endpoint came to. An answer has three values, because "this node does not know" is neither "there is nothing" nor an error:
/// only <see cref="AnswerKind.Found"/> may ever move a cursor.
/// </summary>
/// <typeparam name="T">What was asked for.</typeparam>
public readonly struct Answer<T>
    where T : class
{
    private Answer(AnswerKind kind, T? value, string? reason)
    {
        Kind = kind;
        Value = value;
        Reason = reason;
    }

    /// <summary>Which of the three it is. The default value of this type is <see cref="AnswerKind.Unknown"/>.</summary>
    public AnswerKind Kind { get; }

    /// <summary>What was found; <see langword="null"/> for the other two.</summary>
    public T? Value { get; }

    /// <summary>Why nothing was found, for people; never holds a URL or key.</summary>
    public string? Reason { get; }

    /// <summary>True when the answer is there and passed its integrity checks.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsFound => Kind == AnswerKind.Found;

    /// <summary>The answer is there and passed its integrity checks.</summary>
    public static Answer<T> Found(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(AnswerKind.Found, value, reason: null);
    }

    /// <summary>What was asked for lies past that endpoint's head.</summary>
    public static Answer<T> NotYet(string reason) => new(AnswerKind.NotYet, value: null, reason);

    /// <summary>The endpoint does not know, contradicts itself, lags, failed, or its answer did not pass a check.</summary>
    public static Answer<T> Unknown(string reason) => new(AnswerKind.Unknown, value: null, reason);
}
