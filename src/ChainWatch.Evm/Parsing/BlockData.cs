using System.Buffers;

namespace ChainWatch.Evm;

/// <summary>What is kept of a block's own answer while the block is read.</summary>
internal sealed class BlockData : IDisposable
{
    private TransactionData[] _transactions = [];

    public Bloom Bloom;

    public required string Endpoint { get; init; }

    public ChainPoint Point { get; set; }

    public Hash256 ParentHash { get; set; }

    public long Timestamp { get; set; }

    public bool HasBloom { get; set; }

    public int TransactionCount { get; private set; }

    /// <summary>True when the transactions came whole, not as hashes only.</summary>
    public bool HasBodies { get; set; }

    /// <summary>How many logs a range of logs brought for this block.</summary>
    public int LogsSeen { get; set; }

    /// <summary>True where the logs of a range do not suffice: all receipts of the block are read.</summary>
    public bool NeedsReceipts { get; set; }

    public MovementList Movements { get; private set; } = new();

    public Span<TransactionData> Transactions => _transactions.AsSpan(0, TransactionCount);

    public BlockHeader Header => new()
    {
        Point = Point,
        ParentHash = ParentHash,
        // A time outside of what the calendar holds is only the block's own word.
        Timestamp = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(Timestamp, 0, 253_402_300_799)),
    };

    public void Add(in TransactionData transaction)
    {
        if (TransactionCount == _transactions.Length)
        {
            TransactionData[] larger = ArrayPool<TransactionData>.Shared.Rent(Math.Max(64, TransactionCount * 2));
            Transactions.CopyTo(larger);
            Release();
            _transactions = larger;
        }

        _transactions[TransactionCount++] = transaction;
    }

    /// <summary>The place of the transaction with this hash, looked for first where it is said to be; -1 where there is none.</summary>
    public int Find(in Hash256 hash, long expectedIndex)
    {
        if (expectedIndex >= 0 && expectedIndex < TransactionCount && _transactions[expectedIndex].Hash == hash)
        {
            return (int)expectedIndex;
        }

        for (int index = 0; index < TransactionCount; index++)
        {
            if (_transactions[index].Hash == hash)
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>Makes the block, which takes the movements over.</summary>
    public EvmBlock ToBlock(WatchPlan plan, AddressSet? readFor)
    {
        Movements.Sort();
        EvmBlock block = new(Header, Endpoint, plan, Movements, readFor);
        Movements = new MovementList();
        return block;
    }

    public void Dispose()
    {
        TransactionCount = 0;
        Release();
        Movements.Dispose();
    }

    private void Release()
    {
        if (_transactions.Length > 0)
        {
            ArrayPool<TransactionData>.Shared.Return(_transactions);
        }

        _transactions = [];
    }
}
