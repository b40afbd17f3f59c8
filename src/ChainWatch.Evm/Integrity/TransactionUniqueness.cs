using System.Buffers;
using System.Numerics;

namespace ChainWatch.Evm;

/// <summary>Looks for a transaction that stands twice in a block, without allocation.</summary>
internal static class TransactionUniqueness
{
    public static Hash256? FindDuplicate(BlockData block)
    {
        Span<TransactionData> transactions = block.Transactions;
        if (transactions.Length < 2)
        {
            return null;
        }

        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)transactions.Length * 2);
        int[] table = ArrayPool<int>.Shared.Rent(slots);
        try
        {
            table.AsSpan(0, slots).Clear();
            for (int index = 0; index < transactions.Length; index++)
            {
                ref readonly Hash256 hash = ref transactions[index].Hash;
                int at = hash.GetHashCode() & (slots - 1);
                for (; table[at] != 0; at = (at + 1) & (slots - 1))
                {
                    if (transactions[table[at] - 1].Hash == hash)
                    {
                        return hash;
                    }
                }

                table[at] = index + 1;
            }

            return null;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(table);
        }
    }
}
