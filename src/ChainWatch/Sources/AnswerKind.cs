namespace ChainWatch;

/// <summary>The three values of an <see cref="Answer{T}"/>.</summary>
public enum AnswerKind
{
    /// <summary>Nothing is known: null, empty where the header says otherwise, lagging, failed, or contradictory. Ask again, or ask another.</summary>
    Unknown,

    /// <summary>Past that endpoint's head. Wait.</summary>
    NotYet,

    /// <summary>The answer is there and passed its integrity checks.</summary>
    Found,
}
