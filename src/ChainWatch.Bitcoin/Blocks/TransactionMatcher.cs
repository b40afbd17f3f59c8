using System.Numerics;

namespace ChainWatch.Bitcoin;

/// <summary>Looks the outputs and inputs of transactions up.</summary>
internal readonly ref struct TransactionMatcher(ReadOnlySpan<byte> bytes, AddressSet addresses)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>True when the transaction pays to a watched address, or spends a watched coin.</summary>
    public bool Touches(in TransactionParts transaction)
    {
        Span<byte> key = stackalloc byte[OutputScript.KeyLength];
        WireReader reader = new(_bytes, transaction.Body);
        for (int left = reader.ReadCount(1); left > 0; left--)
        {
            if (IsWatchedCoin(reader.Read(Outpoint.WireLength), key))
            {
                return true;
            }

            reader.Skip(reader.ReadLength());
            reader.Skip(4);
        }

        for (int left = reader.ReadCount(1); left > 0; left--)
        {
            reader.Skip(sizeof(long));
            if (IsWatched(reader.Read(reader.ReadLength()), key))
            {
                return true;
            }
        }

        return false;
    }

    public void Report(in TransactionParts transaction, Asset asset, int maturity, ITransferSink sink)
    {
        Span<byte> key = stackalloc byte[OutputScript.KeyLength];
        Hash256 id = transaction.ComputeId(_bytes);
        WireReader reader = new(_bytes, transaction.Body);
        int inputs = reader.ReadCount(1);
        for (int index = 0; index < inputs; index++)
        {
            if (IsWatchedCoin(reader.Read(Outpoint.WireLength), key))
            {
                // The coin's amount is not in the bytes: it is that of the payment that made the coin.
                sink.Add(new Transfer { TransactionId = id, Ordinal = -1 - index, To = new AddressKey(key), Asset = asset, Amount = BigInteger.Zero });
            }

            reader.Skip(reader.ReadLength());
            reader.Skip(4);
        }

        int outputs = reader.ReadCount(1);
        for (int index = 0; index < outputs; index++)
        {
            long amount = reader.ReadInt64();
            if (IsWatched(reader.Read(reader.ReadLength()), key) && amount != 0)
            {
                sink.Add(new Transfer { TransactionId = id, Ordinal = index, To = new AddressKey(key), Asset = asset, Amount = amount, MaturityBlocks = maturity });
            }
        }
    }

    private bool IsWatched(ReadOnlySpan<byte> script, Span<byte> key)
    {
        if (!OutputScript.HasAddress(script))
        {
            return false;
        }

        script.CopyTo(key);
        key[script.Length..].Clear();
        return addresses.Contains(key);
    }

    private bool IsWatchedCoin(ReadOnlySpan<byte> wire, Span<byte> key)
    {
        Outpoint.WriteKey(wire, key);
        return addresses.Contains(key);
    }
}
