namespace ChainWatch.Postgres;

/// <summary>How enumerations are written in tables.</summary>
internal static class PostgresWords
{
    public static string Of(PaymentStatus status) => status switch
    {
        PaymentStatus.Detected => "detected",
        PaymentStatus.Confirmed => "confirmed",
        PaymentStatus.Retracted => "retracted",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "There is no word for this status."),
    };

    public static string Of(ConfirmationMark mark) => mark switch
    {
        ConfirmationMark.Head => "head",
        ConfirmationMark.Safe => "safe",
        ConfirmationMark.Finalized => "finalized",
        _ => throw new ArgumentOutOfRangeException(nameof(mark), mark, "There is no word for this mark."),
    };

    public static string Of(PaymentEventKind kind) => kind switch
    {
        PaymentEventKind.Detected => "detected",
        PaymentEventKind.Confirmed => "confirmed",
        PaymentEventKind.Moved => "moved",
        PaymentEventKind.Retracted => "retracted",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no word for this kind."),
    };

    public static PaymentStatus StatusOf(string word) => word switch
    {
        "detected" => PaymentStatus.Detected,
        "confirmed" => PaymentStatus.Confirmed,
        "retracted" => PaymentStatus.Retracted,
        _ => throw Unknown("status", word),
    };

    public static ConfirmationMark MarkOf(string word) => word switch
    {
        "head" => ConfirmationMark.Head,
        "safe" => ConfirmationMark.Safe,
        "finalized" => ConfirmationMark.Finalized,
        _ => throw Unknown("confirmation_mark", word),
    };

    public static PaymentEventKind KindOf(string word) => word switch
    {
        "detected" => PaymentEventKind.Detected,
        "confirmed" => PaymentEventKind.Confirmed,
        "moved" => PaymentEventKind.Moved,
        "retracted" => PaymentEventKind.Retracted,
        _ => throw Unknown("kind", word),
    };

    private static ForeignSchemaException Unknown(string column, string word) =>
        new($"The column {column} holds '{word}', which this version of ChainWatch does not know. Something else has written to its tables.");
}
