namespace ChainWatch.Evm;

/// <summary>Which checks belong to which level.</summary>
internal static class CheckLevels
{
    /// <summary>The checks that recompute what a block's hash commits to.</summary>
    public const EvmChecks Proofs = EvmChecks.HeaderHash | EvmChecks.TransactionsRoot | EvmChecks.ReceiptsRoot;

    /// <summary>All checks that can be left out.</summary>
    public const EvmChecks All = EvmChecks.ReceiptCount | EvmChecks.LogIndex | EvmChecks.Bloom | Proofs;

    /// <summary>The checks that are left out at a level.</summary>
    /// <param name="level">The level.</param>
    /// <param name="skipped">Those that are left out at every level.</param>
    public static EvmChecks SkippedAt(IntegrityLevel level, EvmChecks skipped) => level switch
    {
        IntegrityLevel.Off => All,
        IntegrityLevel.Corroborated => skipped,
        _ => skipped | Proofs,
    };

    /// <summary>True where any proof is made.</summary>
    public static bool Proves(EvmChecks skipped) => (skipped & Proofs) != Proofs;

    /// <summary>True for the checks, by their names, that can be left out, and so can be observed.</summary>
    public static bool IsObservable(string? check) => check is
        AnswerCheck.ReceiptCount or AnswerCheck.ReceiptOrder or AnswerCheck.TransactionHash or AnswerCheck.LogIndex or AnswerCheck.Bloom or
        AnswerCheck.HeaderHash or AnswerCheck.TransactionsRoot or AnswerCheck.ReceiptsRoot;
}
