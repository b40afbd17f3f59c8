namespace ChainWatch.Evm;

/// <summary>
/// Reads blocks the fast way. It takes an answer only where <see cref="BlockParser"/> reads the same from it; what is not spelled in the usual way, or not right, it leaves to
/// that one.
/// </summary>
internal static class BlockScan
{
    /// <summary>Reads an answer into a block that is still empty.</summary>
    /// <returns>False where the answer is to be read with care; what the block holds is void then.</returns>
    public static bool TryRead(ReadOnlySpan<byte> answer, BlockData block, WatchPlan? plan)
    {
        ScanMemory memory = ScanMemory.OfThisThread;
        JsonScanner json = new(answer);
        bool hasHash = false;
        bool hasParent = false;
        bool hasNumber = false;
        Hash256 hash = default;
        long number = 0;
        json.BeginObject();
        int place = 0;
        uint met = 0;
        while (json.NextProperty(memory.Block, ref place, out int field))
        {
            if (field < 0)
            {
                json.Skip(memory.Block, place);
                continue;
            }

            if (!json.IsFirst(field, ref met))
            {
                break;
            }

            switch (field)
            {
                case 0:
                    hasHash = json.ReadHash(out hash);
                    break;
                case 1:
                    hasParent = json.ReadHash(out Hash256 parent);
                    block.ParentHash = parent;
                    break;
                case 2:
                    hasNumber = json.ReadNumber(out number);
                    break;
                case 3:
                    json.ReadNumber(out long timestamp);
                    block.Timestamp = timestamp;
                    break;
                case 4:
                    ReadBloom(ref json, block);
                    break;
                case 5 when plan is not null:
                    ReadTransactions(ref json, memory, block);
                    break;
                case 6 when plan is { Withdrawals: true }:
                    ReadWithdrawals(ref json, memory, block);
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        block.Point = new ChainPoint(number, hash);
        return json.End() && hasHash && hasParent && hasNumber;
    }

    private static void ReadBloom(ref JsonScanner json, BlockData block)
    {
        if (json.TryNull())
        {
            return;
        }

        block.HasBloom = HexText.TryReadData(json.ReadText(), block.Bloom);
        if (!block.HasBloom)
        {
            json.Fail();
        }
    }

    private static void ReadTransactions(ref JsonScanner json, ScanMemory memory, BlockData block)
    {
        json.BeginArray();
        block.HasBodies = true;
        bool first = true;
        while (json.NextItem(ref first))
        {
            ref TransactionData transaction = ref block.Add();
            if (json.Current == (byte)'"')
            {
                block.HasBodies = false;
                json.ReadHash(out transaction.Hash);
            }
            else
            {
                ReadTransaction(ref json, memory.Transaction, ref transaction);
            }
        }
    }

    private static void ReadTransaction(ref JsonScanner json, JsonShape shape, ref TransactionData transaction)
    {
        bool hasHash = false;
        bool hasTo = false;
        long nonce = 0;
        json.BeginObject();
        int place = 0;
        uint met = 0;
        while (json.NextProperty(shape, ref place, out int field))
        {
            if (field < 0)
            {
                json.Skip(shape, place);
                continue;
            }

            if (!json.IsFirst(field, ref met))
            {
                break;
            }

            switch (field)
            {
                case 0:
                    hasHash = json.ReadHash(out transaction.Hash);
                    break;
                case 1:
                    transaction.HasFrom = json.ReadAddress(out transaction.From);
                    break;
                case 2:
                    hasTo = json.ReadAddress(out transaction.To);
                    break;
                case 3:
                    json.ReadQuantity(out transaction.Value);
                    break;
                case 4:
                    json.ReadNumber(out nonce);
                    break;
                default:
                    json.ReadNumber(out transaction.GasLimit);
                    break;
            }
        }

        if (!hasHash)
        {
            json.Fail();
        }

        if (!hasTo && !json.Failed)
        {
            BlockParser.Create(ref transaction, nonce);
        }
    }

    private static void ReadWithdrawals(ref JsonScanner json, ScanMemory memory, BlockData block)
    {
        if (json.TryNull())
        {
            return;
        }

        json.BeginArray();
        bool first = true;
        for (int position = 0; json.NextItem(ref first); position++)
        {
            EvmAddress address = default;
            UInt256 gwei = default;
            long index = 0;
            bool hasIndex = false;
            bool hasAddress = false;
            json.BeginObject();
            int place = 0;
            uint met = 0;
            while (json.NextProperty(memory.Withdrawal, ref place, out int field))
            {
                if (field < 0)
                {
                    json.Skip(memory.Withdrawal, place);
                    continue;
                }

                if (!json.IsFirst(field, ref met))
                {
                    break;
                }

                switch (field)
                {
                    case 0:
                        hasIndex = json.ReadNumber(out index);
                        break;
                    case 1:
                        hasAddress = json.ReadAddress(out address);
                        break;
                    default:
                        json.ReadQuantity(out gwei);
                        break;
                }
            }

            if (!hasIndex || !hasAddress || gwei.High != UInt128.Zero || gwei.Low > ulong.MaxValue)
            {
                json.Fail();
                return;
            }

            BlockParser.AddWithdrawal(block, position, index, address, gwei);
        }
    }
}
