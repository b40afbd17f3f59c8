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

        TransactionMatcher matcher = new(bytes, addresses);
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

    public override void FindSpends(OutputSet outputs, ICollection<OutputSpent> spends)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(spends);
        ReadOnlySpan<byte> bytes = _raw.Bytes;
        WireReader reader = new(bytes, RawHeader.Length);
        int count = reader.ReadCount(TransactionParts.Least);
        int start = reader.Position;
        for (; count > 0; count--)
        {
            TransactionParts transaction = TransactionParts.Read(bytes, start, _extensions);
            start = transaction.End;
            Hash256? id = null;
            WireReader inputs = new(bytes, transaction.Body);
            for (int left = inputs.ReadCount(1); left > 0; left--)
            {
                OutputId output = Outpoint.Read(inputs.Read(Outpoint.WireLength));
                if (outputs.Contains(output))
                {
                    id ??= transaction.ComputeId(bytes);
                    spends.Add(new OutputSpent(output, id.Value, Header.Point));
                }

                inputs.Skip(inputs.ReadLength());
                inputs.Skip(4);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        _raw.Dispose();
        base.Dispose(disposing);
    }
}
