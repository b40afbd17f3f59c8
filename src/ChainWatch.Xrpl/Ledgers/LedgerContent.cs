using System.Buffers;

namespace ChainWatch.Xrpl;

/// <summary>
/// A ledger's transactions with their metadata as bytes, in one rented buffer, each laid out as its leaf of the transaction tree is hashed. <see cref="Finish"/> proves that they
/// are all the transactions of the ledger, and no others.
/// </summary>
internal sealed class LedgerContent : IDisposable
{
    private const int PrefixLength = 4;
    private const int MostPrefixedLength = 918_744;
    private readonly bool _proves;
    private byte[] _buffer;
    private LedgerTransaction[] _transactions = ArrayPool<LedgerTransaction>.Shared.Rent(64);
    private int _used;
    private int _count;

    /// <param name="capacity">About how many bytes will come.</param>
    /// <param name="proves">Whether the root of the transactions' tree is wanted in the end.</param>
    public LedgerContent(int capacity, bool proves = true)
    {
        _proves = proves;
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 1024));
    }

    public int Count => _count;

    public int Size => _buffer.Length + (_transactions.Length * 72);

    public ReadOnlySpan<LedgerTransaction> Transactions => _transactions.AsSpan(0, _count);

    public ReadOnlySpan<byte> TransactionOf(in LedgerTransaction transaction) => _buffer.AsSpan(transaction.TransactionStart, transaction.TransactionLength);

    public ReadOnlySpan<byte> MetadataOf(in LedgerTransaction transaction) => _buffer.AsSpan(transaction.MetadataStart, transaction.MetadataLength);

    /// <summary>The transaction's id; empty where it was not needed so far.</summary>
    public ReadOnlySpan<byte> IdBytesOf(in LedgerTransaction transaction) => _proves ? _buffer.AsSpan(transaction.IdStart, Hash256.Length) : default;

    /// <summary>Adds a transaction from its hexadecimal digits, and hashes it where the tree is wanted.</summary>
    public void Add(ReadOnlySpan<byte> transactionDigits, ReadOnlySpan<byte> metadataDigits)
    {
        int transactionLength = transactionDigits.Length / 2;
        int metadataLength = metadataDigits.Length / 2;
        if (transactionLength is 0 or > MostPrefixedLength || metadataLength is 0 or > MostPrefixedLength)
        {
            throw new LedgerFormatException("a transaction comes without its binary form or its metadata");
        }

        // A tree's leaf is "SND", transaction and metadata, both with their lengths, and the id.
        Reserve(transactionLength + metadataLength + PrefixLength + 3 + 3 + Hash256.Length);
        if (_count == _transactions.Length)
        {
            Grow(ref _transactions, _count, _count + 1);
        }

        ref LedgerTransaction added = ref _transactions[_count];
        int start = _used;
        int lengthOfLength = LengthOfLength(transactionLength);
        added.TransactionStart = start + PrefixLength + lengthOfLength;
        added.TransactionLength = transactionLength;
        Decode(transactionDigits, added.TransactionStart);

        int metadata = added.TransactionStart + transactionLength;
        WriteLength(metadataLength, _buffer.AsSpan(metadata));
        added.MetadataStart = metadata + LengthOfLength(metadataLength);
        added.MetadataLength = metadataLength;
        Decode(metadataDigits, added.MetadataStart);
        added.IdStart = added.MetadataStart + metadataLength;
        int end = added.IdStart + Hash256.Length;
        if (_proves)
        {
            // The id is the hash of "TXN" and the transaction; its prefix stands where the leaf's length comes afterwards.
            "TXN\0"u8.CopyTo(_buffer.AsSpan(added.TransactionStart - PrefixLength));
            Sha512Half.Of(_buffer.AsSpan(added.TransactionStart - PrefixLength, PrefixLength + transactionLength)).CopyTo(_buffer.AsSpan(added.IdStart));
            "SND\0"u8.CopyTo(_buffer.AsSpan(start));
            WriteLength(transactionLength, _buffer.AsSpan(start + PrefixLength));
            added.Leaf = Sha512Half.Of(_buffer.AsSpan(start, end - start));
        }

        added.Index = ReadIndex(MetadataOf(added));
        _used = end;
        _count++;
    }

    /// <summary>Puts the transactions into the order of execution, and gives the root of their tree; <see langword="null"/> where they need not be proved.</summary>
    public Hash256? Finish()
    {
        Span<LedgerTransaction> transactions = _transactions.AsSpan(0, _count);
        Hash256? root = _proves ? FindRoot(transactions) : null;
        transactions.Sort(static (left, right) => left.Index.CompareTo(right.Index));
        for (int index = 0; index < transactions.Length; index++)
        {
            if (transactions[index].Index != index)
            {
                throw new LedgerFormatException("the transactions are not numbered without a gap");
            }
        }

        return root;
    }

    private Hash256 FindRoot(Span<LedgerTransaction> transactions)
    {
        byte[] buffer = _buffer;
        transactions.Sort((left, right) => buffer.AsSpan(left.IdStart, Hash256.Length).SequenceCompareTo(buffer.AsSpan(right.IdStart, Hash256.Length)));
        return TransactionTree.Root(transactions, _buffer);
    }

    public void Dispose()
    {
        byte[] buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        LedgerTransaction[] transactions = Interlocked.Exchange(ref _transactions, []);
        if (transactions.Length > 0)
        {
            ArrayPool<LedgerTransaction>.Shared.Return(transactions);
        }
    }

    private static uint ReadIndex(ReadOnlySpan<byte> metadata)
    {
        FieldReader reader = new(metadata);
        while (reader.Read())
        {
            if (reader.Depth == 0 && reader.Field == Field.TransactionIndex)
            {
                return reader.Number;
            }
        }

        throw new LedgerFormatException("a transaction's metadata does not say its place");
    }

    private static int LengthOfLength(int length) => length <= 192 ? 1 : length <= 12480 ? 2 : 3;

    private static void WriteLength(int length, Span<byte> to)
    {
        if (length <= 192)
        {
            to[0] = (byte)length;
        }
        else if (length <= 12480)
        {
            length -= 193;
            to[0] = (byte)(193 + (length >> 8));
            to[1] = (byte)length;
        }
        else
        {
            length -= 12481;
            to[0] = (byte)(241 + (length >> 16));
            to[1] = (byte)(length >> 8);
            to[2] = (byte)length;
        }
    }

    private static void Grow<T>(ref T[] array, int used, int needed)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(array.Length * 2, needed));
        array.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(array);
        array = larger;
    }

    private void Reserve(int length)
    {
        if (_buffer.Length - _used < length)
        {
            Grow(ref _buffer, _used, _used + length);
        }
    }

    private void Decode(ReadOnlySpan<byte> digits, int to)
    {
        if (digits.Length % 2 != 0 || Convert.FromHexString(digits, _buffer.AsSpan(to, digits.Length / 2), out _, out _) != OperationStatus.Done)
        {
            throw new LedgerFormatException("a binary form is not made of hexadecimal digits");
        }
    }
}
