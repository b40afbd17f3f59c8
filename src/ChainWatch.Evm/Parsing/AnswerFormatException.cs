namespace ChainWatch.Evm;

/// <summary>An answer is not of the shape that the protocol gives it.</summary>
internal sealed class AnswerFormatException(string message) : Exception(message);
