namespace ChainWatch.Blockbook;

/// <summary>The names of the checks that answers about blocks must pass, besides those of raw blocks (<see cref="Bitcoin.AnswerCheck"/>).</summary>
internal static class BlockCheck
{
    public const string Format = Bitcoin.AnswerCheck.Format;
    public const string BlockHash = Bitcoin.AnswerCheck.BlockHash;
    public const string MerkleRoot = Bitcoin.AnswerCheck.MerkleRoot;

    /// <summary>The pages of a block belong together, each is the one that was asked for, and they hold as many transactions as the block has, each once.</summary>
    public const string Pages = "pages";

    /// <summary>Every transaction says that it is in this block.</summary>
    public const string TransactionBlock = "transaction-block";

    /// <summary>A transaction's parts are all told: its result, and what each of its token transfers is of.</summary>
    public const string Transaction = "transaction";
}
