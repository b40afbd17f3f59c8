using System.Numerics;

namespace ChainWatch.Bitcoin;

/// <summary>A proven block, kept as the bytes that came. Matching goes over them once, and makes nothing of what is not watched.</summary>
internal sealed class BitcoinBlock : Block
{
    /// <summary>How many blocks must stand on a block's reward before it can be spent (Bitcoin Core <c>src/consensus/consensus.h</c>, COINBASE_MATURITY).</summary>
    public const int RewardMaturity = 100;

    /// <summary>The same for what leaves an extension block (Litecoin Core <c>src/consensus/consensus.h</c>, PEGOUT_MATURITY).</summary>
    public const int ExtensionMaturity = 6;

    private readonly RawBlock _raw;
    private readonly Asset _asset;
    private readonly bool _extensions;

    /// <param name="header">The block's header.</param>
    /// <param name="endpoint">The endpoint that served it.</param>
    /// <param name="raw">The block's bytes, proven; the block owns them.</param>
    /// <param name="asset">The native coin.</param>
    /// <param name="extensions">Whether the network has extension blocks.</param>
    public BitcoinBlock(BlockHeader header, string endpoint, RawBlock raw, Asset asset, bool extensions)
    {
        Header = header;
        Endpoint = endpoint;
        _raw = raw;
        _asset = asset;
        _extensions = extensions;
    }

    public override BlockHeader Header { get; }

    public override string Endpoint { get; }

    public override int Size => 512 + _raw.Length;

    public override bool Match(AddressSet addresses, ITransferSink sink)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(sink);
        ReadOnlySpan<byte> bytes = _raw.Bytes;
        if (addresses.Count == 0)
        {
            return true;
        }

        Matcher matcher = new(bytes, addresses);
        WireReader reader = new(bytes, RawHeader.Length);
        int count = reader.ReadCount(TransactionParts.Least);
        int start = reader.Position;
        for (int index = 0; index < count; index++)
        {
            TransactionParts transaction = TransactionParts.Read(bytes, start, _extensions);
            start = transaction.End;
            if (matcher.Touches(transaction))
            {
                int maturity = index == 0 ? RewardMaturity : transaction.IsExtension ? ExtensionMaturity : 0;
                matcher.Report(transaction, _asset, maturity, sink);
            }
        }

        return true;
    }

    protected override void Dispose(bool disposing)
    {
        _raw.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Looks outputs and inputs up.</summary>
    private readonly ref struct Matcher(ReadOnlySpan<byte> bytes, AddressSet addresses)
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
}
