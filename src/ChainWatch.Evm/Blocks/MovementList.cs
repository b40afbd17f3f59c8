using System.Buffers;
using System.Runtime.CompilerServices;

namespace ChainWatch.Evm;

/// <summary>Movements in a rented array that grows.</summary>
internal sealed class MovementList : IDisposable
{
    private Movement[] _items = [];
    private EvmAddress[] _others = [];

    public int Count { get; private set; }

    /// <summary>How many movements went to others than those whose movements are kept.</summary>
    public int OtherCount { get; private set; }

    /// <summary>How many bytes of memory the list holds on to.</summary>
    public int Size => (_items.Length * Unsafe.SizeOf<Movement>()) + (_others.Length * EvmAddress.Length);

    public ref Movement this[int index] => ref _items[index];

    public ReadOnlySpan<Movement> Items => _items.AsSpan(0, Count);

    /// <summary>To whom the movements went that are not kept.</summary>
    public ReadOnlySpan<EvmAddress> Others => _others.AsSpan(0, OtherCount);

    public void Add(in Movement movement)
    {
        if (Count == _items.Length)
        {
            Grow(ref _items, Count);
        }

        _items[Count++] = movement;
    }

    /// <summary>Adds a movement before those from this place on.</summary>
    public void Insert(int index, in Movement movement)
    {
        Add(in movement);
        if (index < Count - 1)
        {
            _items.AsSpan(index, Count - 1 - index).CopyTo(_items.AsSpan(index + 1));
            _items[index] = movement;
        }
    }

    /// <summary>Adds to whom a movement went that is not kept.</summary>
    public void AddOther(in EvmAddress to)
    {
        if (OtherCount == _others.Length)
        {
            Grow(ref _others, OtherCount);
        }

        _others[OtherCount++] = to;
    }

    /// <summary>Forgets what was added since the list was this long.</summary>
    public void GoBack(int count, int otherCount)
    {
        Count = count;
        OtherCount = otherCount;
    }

    /// <summary>
    /// Ends what was not known about a transaction whose receipt was read meanwhile: guesses go, the receipt's own movements stay, and so do internal transfers, proven
    /// now, where they count.
    /// </summary>
    public void Settle(int transactionIndex, bool keepInternal)
    {
        int kept = 0;
        for (int index = 0; index < Count; index++)
        {
            ref Movement movement = ref _items[index];
            if (!movement.Proven && movement.TransactionIndex == transactionIndex)
            {
                if (!keepInternal || movement.Ordinal < CallFrames.FirstOrdinal)
                {
                    continue;
                }

                movement.Proven = true;
            }

            _items[kept++] = movement;
        }

        Count = kept;
    }

    /// <summary>
    /// Removes what was guessed of transactions whose receipts were read meanwhile; the others keep their order. Where the chain is exempt from having every receipt, a guess may be all that is known
    /// of a payment: while it stays, its receipt is asked for, or the block is not decided.
    /// </summary>
    public void RemoveGuesses(ReadOnlySpan<TransactionData> transactions)
    {
        int kept = 0;
        for (int index = 0; index < Count; index++)
        {
            if (_items[index].Proven || !transactions[_items[index].TransactionIndex].HasReceipt)
            {
                _items[kept++] = _items[index];
            }
        }

        Count = kept;
    }

    /// <summary>Brings the movements into the order of the block, whichever calls they came from. Mostly they have it.</summary>
    public void Sort()
    {
        for (int index = 1; index < Count; index++)
        {
            if (Compare(in _items[index - 1], in _items[index]) > 0)
            {
                _items.AsSpan(0, Count).Sort(static (left, right) => Compare(in left, in right));
                return;
            }
        }
    }

    public void Dispose()
    {
        Count = 0;
        OtherCount = 0;
        Release(ref _items);
        Release(ref _others);
    }

    private static int Compare(in Movement left, in Movement right)
    {
        int order = left.TransactionIndex.CompareTo(right.TransactionIndex);
        return order != 0 ? order : left.Ordinal.CompareTo(right.Ordinal);
    }

    private static void Grow<T>(ref T[] items, int count)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(16, count * 2));
        items.AsSpan(0, count).CopyTo(larger);
        Release(ref items);
        items = larger;
    }

    private static void Release<T>(ref T[] items)
    {
        if (items.Length > 0)
        {
            ArrayPool<T>.Shared.Return(items);
        }

        items = [];
    }
}
