using System.Buffers;
using System.Runtime.CompilerServices;

namespace ChainWatch.Evm;

/// <summary>Movements in a rented array that grows.</summary>
internal sealed class MovementList : IDisposable
{
    private Movement[] _items = [];

    public int Count { get; private set; }

    /// <summary>How many bytes of memory the list holds on to.</summary>
    public int Size => _items.Length * Unsafe.SizeOf<Movement>();

    public ref Movement this[int index] => ref _items[index];

    public ReadOnlySpan<Movement> Items => _items.AsSpan(0, Count);

    public void Add(in Movement movement)
    {
        if (Count == _items.Length)
        {
            Movement[] larger = ArrayPool<Movement>.Shared.Rent(Math.Max(16, Count * 2));
            Items.CopyTo(larger);
            Release();
            _items = larger;
        }

        _items[Count++] = movement;
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

    /// <summary>Removes all movements that are not proven; the others keep their order.</summary>
    public void RemoveUnproven()
    {
        int kept = 0;
        for (int index = 0; index < Count; index++)
        {
            if (_items[index].Proven)
            {
                _items[kept++] = _items[index];
            }
        }

        Count = kept;
    }

    /// <summary>Brings the movements into the order of the block, whichever calls they came from.</summary>
    public void Sort() => _items.AsSpan(0, Count).Sort(static (left, right) =>
    {
        int order = left.TransactionIndex.CompareTo(right.TransactionIndex);
        return order != 0 ? order : left.Ordinal.CompareTo(right.Ordinal);
    });

    public void Dispose()
    {
        Count = 0;
        Release();
    }

    private void Release()
    {
        if (_items.Length > 0)
        {
            ArrayPool<Movement>.Shared.Return(_items);
        }

        _items = [];
    }
}
