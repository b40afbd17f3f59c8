using System.Diagnostics.CodeAnalysis;

namespace ChainWatch.Bitcoin;

/// <summary>Refuses answers. The names of the checks appear in metrics, so there is a fixed number of them.</summary>
internal static class AnswerCheck
{
    public const string Format = "format";
    public const string BlockHash = "block-hash";
    public const string MerkleRoot = "merkle-root";
    public const string Witness = "witness";

    /// <summary>Refuses the answer: another endpoint is asked, and nothing moves meanwhile.</summary>
    [DoesNotReturn]
    public static void Fail(string endpoint, string check, string message, Exception? cause = null) =>
        throw new EndpointException(
            new EndpointError { Kind = EndpointErrorKind.MissingData, Check = check, Message = $"endpoint '{endpoint}' failed the check {check}: {message}" },
            cause);
}
