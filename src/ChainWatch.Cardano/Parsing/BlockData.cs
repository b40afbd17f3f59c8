using System.Buffers;

namespace ChainWatch.Cardano;

/// <summary>
/// What is noted of a block while its message is read: what links it into the chain, and where in the message each output that came about stands. So matching looks at addresses alone, and reads amounts
/// only for those that are watched.
/// </summary>
internal sealed class BlockData : IDisposable
{
    private TransactionPlace[] _transactions = [];
    private OutputPlace[] _outputs = [];
    private int _transactionCount;
    private int _outputCount;

    /// <summary>True for an epoch boundary block of the Byron era: it holds no transactions, and shares its height with the block before it.</summary>
    public bool IsBoundary { get; set; }

    public Hash256 Hash { get; set; }

    /// <summary>The hash of the block before; zero where this is the first one.</summary>
    public Hash256 Ancestor { get; set; }

    public long Height { get; set; } = -1;

    public long Slot { get; set; }

    public bool HasTransactions { get; set; }

    public int OutputCount => _outputCount;

    public ChainPoint Point => new(Height, Hash) { Slot = Slot };

    public ReadOnlySpan<TransactionPlace> Transactions => _transactions.AsSpan(0, _transactionCount);

    public ReadOnlySpan<OutputPlace> Outputs => _outputs.AsSpan(0, _outputCount);

    /// <summary>About how many bytes the notes take.</summary>
    public int Size => (_transactions.Length * 12) + (_outputs.Length * 20);

    public ref TransactionPlace TransactionAt(int index) => ref _transactions[index];

    /// <summary>Notes a transaction, to be filled in.</summary>
    /// <returns>Its number.</returns>
    public int AddTransaction()
    {
        if (_transactionCount == _transactions.Length)
        {
            Grow(ref _transactions, _transactionCount);
        }

        _transactions[_transactionCount] = new TransactionPlace { IdAt = -1, LabelsAt = -1, SpentAt = -1 };
        return _transactionCount++;
    }

    public void AddOutput(in OutputPlace output)
    {
        if (_outputCount == _outputs.Length)
        {
            Grow(ref _outputs, _outputCount);
        }

        _outputs[_outputCount++] = output;
    }

    /// <summary>Forgets the outputs from a place on: they did not come about.</summary>
    public void ForgetOutputs(int from) => _outputCount = from;

    /// <summary>Forgets what the transactions from a number on spend: they did not come about.</summary>
    public void ForgetSpends(int from)
    {
        foreach (ref TransactionPlace transaction in _transactions.AsSpan(from, _transactionCount - from))
        {
            transaction.SpentAt = -1;
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _transactionCount = 0;
        _outputCount = 0;
        IsBoundary = false;
        Hash = default;
        Ancestor = default;
        Height = -1;
        Slot = 0;
        HasTransactions = false;
    }

    public void Dispose()
    {
        Give(ref _transactions);
        Give(ref _outputs);
        Clear();
    }

    private static void Grow<T>(ref T[] array, int count)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(64, count * 2));
        array.AsSpan(0, count).CopyTo(larger);
        Give(ref array);
        array = larger;
    }

    private static void Give<T>(ref T[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<T>.Shared.Return(array);
            array = [];
        }
    }
}
