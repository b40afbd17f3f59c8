namespace ChainWatch.Xrpl;

/// <summary>
/// The tree whose root a ledger's header holds (<c>transaction_hash</c>): sixteen branches at each inner node, by the digits of the transaction ids; a transaction stands where its
/// id is the only one left. Recomputing it proves that the list of transactions is whole and that not a byte of them, or of their metadata, was changed.
/// </summary>
internal static class TransactionTree
{
    private const int Branches = 16;
    private const int PrefixLength = 4;
    private const int MostDepth = Hash256.Length * 2;

    /// <param name="transactions">The transactions, ordered by id.</param>
    /// <param name="buffer">Where their ids stand.</param>
    public static Hash256 Root(ReadOnlySpan<LedgerTransaction> transactions, byte[] buffer) => transactions.IsEmpty ? default : Inner(transactions, buffer, depth: 0);

    private static Hash256 Inner(ReadOnlySpan<LedgerTransaction> transactions, byte[] buffer, int depth)
    {
        if (depth == MostDepth)
        {
            throw new LedgerFormatException("a transaction is listed twice");
        }

        Span<byte> node = stackalloc byte[PrefixLength + (Branches * Hash256.Length)];
        node.Clear();
        "MIN\0"u8.CopyTo(node);
        for (int from = 0; from < transactions.Length;)
        {
            int digit = Digit(buffer[transactions[from].IdStart + (depth / 2)], depth);
            int to = from + 1;
            while (to < transactions.Length && Digit(buffer[transactions[to].IdStart + (depth / 2)], depth) == digit)
            {
                to++;
            }

            Hash256 branch = to == from + 1 ? transactions[from].Leaf : Inner(transactions[from..to], buffer, depth + 1);
            branch.CopyTo(node[(PrefixLength + (digit * Hash256.Length))..]);
            from = to;
        }

        return Sha512Half.Of(node);
    }

    private static int Digit(byte b, int depth) => depth % 2 == 0 ? b >> 4 : b & 0xF;
}
