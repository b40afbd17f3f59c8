using System.Buffers;

namespace ChainWatch.Evm;

/// <summary>The calls of one transaction in the order in which they began, in a rented array that grows.</summary>
internal sealed class CallFrames : IDisposable
{
    /// <summary>Where the ordinals of internal transfers begin: above every log a transaction can hold.</summary>
    public const long FirstOrdinal = 1_000_000;

    private CallFrame[] _frames = [];

    public int Count { get; private set; }

    public ref CallFrame this[int index] => ref _frames[index];

    public int Add(int parent)
    {
        if (Count == _frames.Length)
        {
            CallFrame[] larger = ArrayPool<CallFrame>.Shared.Rent(Math.Max(64, Count * 2));
            _frames.AsSpan(0, Count).CopyTo(larger);
            Release();
            _frames = larger;
        }

        _frames[Count] = new CallFrame { Parent = parent };
        return Count++;
    }

    public void Clear() => Count = 0;

    /// <summary>
    /// Adds what the calls moved. The first call is the transaction itself, which its receipt tells. Only calls that moved value are counted for the ordinal, because
    /// nodes differ in which other calls they list.
    /// </summary>
    public void AddMovements(BlockData block, int transactionIndex)
    {
        ref TransactionData transaction = ref block.Transactions[transactionIndex];
        if (transaction.HasReceipt && (!transaction.Succeeded || transaction.HasNativeLogs))
        {
            return;
        }

        long ordinal = FirstOrdinal;
        for (int index = 0; index < Count; index++)
        {
            ref CallFrame frame = ref _frames[index];
            frame.Void |= frame.Parent >= 0 && _frames[frame.Parent].Void;
            if (index == 0 || frame.Void || frame.Kind == CallKind.MovesNothing || frame.Value.IsZero || frame.From == frame.To)
            {
                continue;
            }

            block.Add(new Movement
            {
                TransactionId = transaction.Hash,
                Ordinal = ordinal++,
                Amount = frame.Value,
                To = frame.To,
                From = frame.From,
                HasFrom = true,
                Asset = 0,
                TransactionIndex = transactionIndex,
                Proven = transaction.HasReceipt,
            });
        }
    }

    public void Dispose()
    {
        Count = 0;
        Release();
    }

    private void Release()
    {
        if (_frames.Length > 0)
        {
            ArrayPool<CallFrame>.Shared.Return(_frames);
        }

        _frames = [];
    }
}
