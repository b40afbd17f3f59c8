namespace ChainWatch;

/// <summary>
/// Says that what the current asynchronous flow reads may come out of <see cref="FinalAnswers"/>: <c>using (FinalAnswersScope.Begin())</c>. Without it every answer comes from an endpoint. So whoever
/// checks what was read (the second pass, a quorum, reconciliation, a rebuild), and whoever follows the head, cannot be answered from memory by mistake.
/// </summary>
public sealed class FinalAnswersScope : IDisposable
{
    private static readonly AsyncLocal<bool> Ambient = new();
    private readonly bool _before;

    private FinalAnswersScope(bool before)
    {
        _before = before;
    }

    /// <summary>True where an answer may come from memory here and now: inside a scope, and not where <see cref="EndpointChoice"/> wants to hear it from somebody in particular.</summary>
    public static bool IsOpen => Ambient.Value && EndpointChoice.IsFree;

    /// <summary>Lets what follows be answered from memory.</summary>
    public static FinalAnswersScope Begin()
    {
        FinalAnswersScope scope = new(Ambient.Value);
        Ambient.Value = true;
        return scope;
    }

    /// <inheritdoc/>
    public void Dispose() => Ambient.Value = _before;
}
