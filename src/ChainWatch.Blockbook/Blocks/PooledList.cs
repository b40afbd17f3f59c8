using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace ChainWatch.Blockbook;

/// <summary>A list in a rented array: what is put in is not allocated.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "It is never compared.")]
internal struct PooledList<T> : IDisposable
    where T : unmanaged
{
    private T[]? _items;

    public int Count { get; private set; }

    public readonly Span<T> Items => _items.AsSpan(0, Count);

    /// <summary>How many bytes it holds on to.</summary>
    public readonly int Size => (_items?.Length ?? 0) * System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

    /// <summary>Makes room for one more, and hands it out; what it holds is left over from before.</summary>
    [UnscopedRef]
    public ref T Add()
    {
        if (_items is null || Count == _items.Length)
        {
            Grow();
        }

        return ref _items![Count++];
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _items, null) is { } items)
        {
            Count = 0;
            ArrayPool<T>.Shared.Return(items);
        }
    }

    private void Grow()
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(256, Count * 2));
        if (_items is { } items)
        {
            items.AsSpan(0, Count).CopyTo(larger);
            ArrayPool<T>.Shared.Return(items);
        }

        _items = larger;
    }
}
