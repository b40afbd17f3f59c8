using System.Buffers;
using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook;

/// <summary>
/// A block put together from its pages, and checked: they belong together, hold every transaction once, and, where the chain allows it, are just those that the block's hash
/// commits to. It owns the bytes of the pages.
/// </summary>
internal sealed class BlockContent : IDisposable
{
    private readonly List<ServerAnswer> _pages = [];
    private readonly Coin _coin;
    private PooledList<BlockTransaction> _transactions;
    private PooledList<Movement> _movements;
    private PageHead _head;
    private bool _disposed;

    public BlockContent(Coin coin)
    {
        _coin = coin;
    }

    public PageHead Head => _head;

    public ReadOnlySpan<BlockTransaction> Transactions => _transactions.Items;

    /// <summary>True when no page is missing.</summary>
    public bool IsComplete => _pages.Count > 0 && _transactions.Count >= _head.TransactionCount;

    public int Pages => _pages.Count;

    public int Size => _pages.Sum(static page => page.Size) + _transactions.Size + _movements.Size;

    public ReadOnlySpan<Movement> MovementsOf(in BlockTransaction transaction) => _movements.Items.Slice(transaction.First, transaction.Count);

    public ReadOnlySpan<byte> TextOf(in BlockTransaction transaction, TextSpan span) => _pages[transaction.Page].Data.Slice(span.At, span.Length);

    /// <summary>Takes the next page, whatever becomes of it.</summary>
    /// <exception cref="AnswerFormatException">It is no page of this block, or not the next one.</exception>
    public void Add(ServerAnswer page)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _pages.Add(page);
        PageHead head = PageScan.Read(page.Data, _coin.Type, _pages.Count - 1, ref _transactions, ref _movements);

        // A page beyond the last is answered with the last one, and one that is missing with any.
        if (head.Page >= 0 && head.Page != _pages.Count)
        {
            throw new AnswerFormatException(BlockCheck.Pages, $"it was asked for page {_pages.Count} of block {head.Hash} and answered page {head.Page}");
        }

        if (_pages.Count == 1)
        {
            _head = head;
        }
        else if (head.Hash != _head.Hash || head.Height != _head.Height || head.TransactionCount != _head.TransactionCount || head.Parent != _head.Parent)
        {
            throw new AnswerFormatException(BlockCheck.Pages, $"page {_pages.Count} of block {_head.Hash} is of another block, {head.Hash}");
        }

        if (head.Transactions == 0 && _head.TransactionCount > 0)
        {
            throw new AnswerFormatException(BlockCheck.Pages, $"page {_pages.Count} of block {_head.Hash} holds no transactions, but the block has {_head.TransactionCount}");
        }

        if (_transactions.Count > _head.TransactionCount)
        {
            throw new AnswerFormatException(BlockCheck.Pages, $"block {_head.Hash} has {_head.TransactionCount} transactions, but its pages hold more");
        }

        if (IsComplete)
        {
            Prove();
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _pages.ForEach(static page => page.Dispose());
            _transactions.Dispose();
            _movements.Dispose();
        }
    }

    private void Prove()
    {
        if (_coin.Type == CoinType.Bitcoin && _transactions.Count == 0)
        {
            throw new AnswerFormatException(BlockCheck.Pages, $"block {_head.Hash} is said to have no transactions, but every block of this chain has one that makes its reward");
        }

        if (FindTwice() is { } twice)
        {
            throw new AnswerFormatException(BlockCheck.Pages, $"transaction {twice} stands twice in block {_head.Hash}: another one is missing");
        }

        if (_coin.Type == CoinType.Bitcoin && !_head.MerkleRoot.IsZero)
        {
            ProveTransactions();
            if (_coin.ProvesHeaders && _head is { Version: { } version, Nonce: { } nonce, Bits: { } bits, Time: >= 0 and <= uint.MaxValue })
            {
                ProveHeader(version, (uint)_head.Time, bits, nonce);
            }
        }
    }

    /// <summary>Pages that shift while they are read hold one transaction twice, and another not at all, with the right number in sum.</summary>
    private Hash256? FindTwice()
    {
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(_transactions.Count * 2) + 1);
        int[] table = ArrayPool<int>.Shared.Rent(slots);
        table.AsSpan(0, slots).Clear();
        try
        {
            for (int index = 0; index < _transactions.Count; index++)
            {
                ref readonly Hash256 id = ref _transactions.Items[index].Id;
                int slot = id.GetHashCode() & (slots - 1);
                for (; table[slot] != 0; slot = (slot + 1) & (slots - 1))
                {
                    if (_transactions.Items[table[slot] - 1].Id == id)
                    {
                        return id;
                    }
                }

                table[slot] = index + 1;
            }

            return null;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(table);
        }
    }

    private void ProveTransactions()
    {
        int count = _transactions.Count;
        byte[] hashes = ArrayPool<byte>.Shared.Rent((count + 1) * DoubleSha256.Length);
        try
        {
            for (int index = 0; index < count; index++)
            {
                DoubleSha256.ToWire(_transactions.Items[index].Id, hashes.AsSpan(index * DoubleSha256.Length, DoubleSha256.Length));
            }

            Span<byte> root = stackalloc byte[DoubleSha256.Length];
            if (!MerkleTree.TryCompute(hashes, count, root) || DoubleSha256.ToHash(root) != _head.MerkleRoot)
            {
                throw new AnswerFormatException(BlockCheck.MerkleRoot, $"the transactions of block {_head.Hash} are not those of its merkle root");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(hashes);
        }
    }

    private void ProveHeader(long version, uint time, uint bits, uint nonce)
    {
        Span<byte> header = stackalloc byte[RawHeader.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(header, (int)version);
        DoubleSha256.ToWire(_head.Parent, header[4..]);
        DoubleSha256.ToWire(_head.MerkleRoot, header[36..]);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header[68..], time);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header[72..], bits);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header[76..], nonce);
        if (RawHeader.HashOf(header) is var actual && actual != _head.Hash)
        {
            throw new AnswerFormatException(BlockCheck.BlockHash, $"what it tells of block {_head.Hash} is the header of {actual}");
        }
    }
}
