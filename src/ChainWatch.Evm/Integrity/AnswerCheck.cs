using System.Diagnostics.CodeAnalysis;

namespace ChainWatch.Evm;

/// <summary>Refuses answers. The names of the checks appear in metrics, so there is a fixed number of them.</summary>
internal static class AnswerCheck
{
    public const string Format = "format";
    public const string BlockHash = "block-hash";
    public const string ReceiptCount = "receipt-count";
    public const string ReceiptOrder = "receipt-order";
    public const string TransactionHash = "transaction-hash";
    public const string LogIndex = "log-index";
    public const string Bloom = "bloom";
    public const string LogsOfRange = "logs-of-range";
    public const string Links = "links";
    public const string Traces = "traces";
    public const string Marks = "marks";
    public const string HeaderHash = "header-hash";
    public const string TransactionsRoot = "transactions-root";
    public const string ReceiptsRoot = "receipts-root";

    /// <summary>Refuses the answer: another endpoint is asked, and nothing moves meanwhile.</summary>
    [DoesNotReturn]
    public static void Fail(string endpoint, string check, string message) =>
        throw new EndpointException(new EndpointError { Kind = EndpointErrorKind.MissingData, Check = check, Message = $"endpoint '{endpoint}' failed the check {check}: {message}" });
}
