using System.Buffers;

namespace ChainWatch.Evm;

/// <summary>What is kept of a block's own answer while the block is read. It is used again for other blocks.</summary>
internal sealed class BlockData : IDisposable
{
    private const int MostSpares = 256;
    private static readonly Stack<BlockData> Spares = new(MostSpares);

    private TransactionData[] _transactions = [];
    private int _disposed;

    public Bloom Bloom;

    public required string Endpoint { get; set; }

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

    /// <summary>The root of the block's receipts, where its header was proven; <see langword="null"/> where it was not.</summary>
    public Hash256? ReceiptsRoot { get; set; }

    /// <summary>The addresses whose movements are kept; <see langword="null"/> where all are.</summary>
    public AddressSet? Watched { get; set; }

    public MovementList Movements { get; private set; } = new();

    public Span<TransactionData> Transactions => _transactions.AsSpan(0, TransactionCount);

    public BlockHeader Header => new()
    {
        Point = Point,
        ParentHash = ParentHash,
        // A time outside of what the calendar holds is only the block's own word.
        Timestamp = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(Timestamp, 0, 253_402_300_799)),
    };

    /// <summary>An empty one.</summary>
    public static BlockData Take(string endpoint, AddressSet? watched)
    {
        BlockData? block;
        lock (Spares)
        {
            Spares.TryPop(out block);
        }

        block ??= new BlockData { Endpoint = endpoint };
        block.Endpoint = endpoint;
        block.Watched = watched;
        block._disposed = 0;
        return block;
    }

    /// <summary>Adds a transaction, to be filled in.</summary>
    public ref TransactionData Add()
    {
        if (TransactionCount == _transactions.Length)
        {
            TransactionData[] larger = ArrayPool<TransactionData>.Shared.Rent(Math.Max(64, TransactionCount * 2));
            Transactions.CopyTo(larger);
            Release();
            _transactions = larger;
        }

        ref TransactionData added = ref _transactions[TransactionCount++];
        added = default;
        return ref added;
    }

    /// <summary>Whether a movement to this address is to be kept. Where not, that there was one is noted.</summary>
    public bool Wants(in EvmAddress to)
    {
        if (Watched is null || Watched.Contains(to.Bytes))
        {
            return true;
        }

        Movements.AddOther(in to);
        return false;
    }

    /// <summary>Keeps a movement, or, where it is to nobody watched, only to whom it went.</summary>
    public void Add(in Movement movement)
    {
        if (Wants(in movement.To))
        {
            Movements.Add(in movement);
        }
    }

    /// <summary>How far the movements have come.</summary>
    public Mark Here => new(Movements.Count, Movements.OtherCount, LogsSeen);

    /// <summary>Forgets all movements since a mark, and the receipts of some transactions.</summary>
    public void GoBack(Mark mark, int firstTransaction, int transactions)
    {
        Movements.GoBack(mark.Movements, mark.Others);
        LogsSeen = mark.LogsSeen;
        foreach (ref TransactionData transaction in Transactions.Slice(firstTransaction, transactions))
        {
            transaction.HasReceipt = false;
            transaction.Succeeded = false;
            transaction.HasNativeLogs = false;
        }
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
        EvmBlock block = new(Header, Endpoint, plan, Movements, readFor, Watched);
        Movements = new MovementList();
        return block;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        TransactionCount = 0;
        Release();
        Movements.Dispose();
        Bloom = default;
        Point = default;
        ParentHash = default;
        Timestamp = 0;
        HasBloom = false;
        HasBodies = false;
        LogsSeen = 0;
        NeedsReceipts = false;
        ReceiptsRoot = null;
        Watched = null;
        lock (Spares)
        {
            if (Spares.Count < MostSpares)
            {
                Spares.Push(this);
            }
        }
    }

    private void Release()
    {
        if (_transactions.Length > 0)
        {
            ArrayPool<TransactionData>.Shared.Return(_transactions);
        }

        _transactions = [];
    }

    /// <summary>A point to go back to.</summary>
    /// <param name="Movements">How many movements there were.</param>
    /// <param name="Others">How many movements to others there were.</param>
    /// <param name="LogsSeen">How many logs of a range had come.</param>
    public readonly record struct Mark(int Movements, int Others, int LogsSeen);
}
