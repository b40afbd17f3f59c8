namespace ChainWatch.Blockbook;

/// <summary>An answer is not of the protocol's shape, or contradicts itself.</summary>
internal sealed class AnswerFormatException : Exception
{
    public AnswerFormatException(string check, string message)
        : base(message)
    {
        Check = check;
    }

    /// <summary>The name of the check that it failed, as it appears in metrics.</summary>
    public string Check { get; }
}
