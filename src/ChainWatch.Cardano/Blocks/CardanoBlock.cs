using System.Numerics;

namespace ChainWatch.Cardano;

/// <summary>A block as its message: matching looks at the address of each output where it stands there, and reads amounts and messages only for those that are watched.</summary>
internal sealed class CardanoBlock : Block
{
    private readonly PooledBytes _body;
    private readonly BlockData _data;
    private readonly WatchPlan _plan;
    private bool _disposed;

    /// <param name="body">The message.</param>
    /// <param name="data">What was noted of it. The block owns both.</param>
    /// <param name="parent">The hash of the block before.</param>
    /// <param name="time">The time of its slot.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="plan">What is watched.</param>
    public CardanoBlock(PooledBytes body, BlockData data, Hash256 parent, DateTimeOffset time, string endpoint, WatchPlan plan)
    {
        _body = body;
        _data = data;
        _plan = plan;
        Header = new BlockHeader { Point = data.Point, ParentHash = parent, Timestamp = time };
        Endpoint = endpoint;
    }

    public override BlockHeader Header { get; }

    public override string Endpoint { get; }

    public override int Size => 512 + _body.Length + _data.Size;

    /// <exception cref="CardanoFormatException">The address or the amount of a watched output cannot be read: nothing is guessed, and the chain stops here until the software knows it.</exception>
    public override bool Match(AddressSet addresses, ITransferSink sink)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(sink);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (addresses.Count == 0)
        {
            return true;
        }

        ReadOnlySpan<byte> json = _body.Memory.Span;
        Span<byte> form = stackalloc byte[AddressForm.Length];
        foreach (ref readonly OutputPlace output in _data.Outputs)
        {
            ReadOnlySpan<byte> address = json.Slice(output.AddressAt, output.AddressLength);
            if (_plan.Format.TryReadAnswered(address, form) && addresses.Contains(form))
            {
                if (!CardanoFormat.IsIntact(address))
                {
                    throw new CardanoFormatException("the address of an output has a wrong checksum");
                }

                Add(json, output, new AddressKey(form), sink);
            }
        }

        return true;
    }

    /// <exception cref="CardanoFormatException">What a transaction spends cannot be read.</exception>
    public override void FindSpends(OutputSet outputs, ICollection<OutputSpent> spends)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(spends);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (outputs.Count == 0)
        {
            return;
        }

        ReadOnlySpan<byte> json = _body.Memory.Span;
        foreach (ref readonly TransactionPlace transaction in _data.Transactions)
        {
            if (transaction.SpentAt >= 0)
            {
                HexText.TryReadHash(json.Slice(transaction.IdAt, 2 * Hash256.Length), out Hash256 id);
                SpentOutputs.Find(json[transaction.SpentAt..], outputs, id, Header.Point, spends);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _data.Dispose();
            _body.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Add(ReadOnlySpan<byte> json, in OutputPlace output, in AddressKey to, ITransferSink sink)
    {
        ref readonly TransactionPlace transaction = ref _data.TransactionAt(output.Transaction);
        HexText.TryReadHash(json.Slice(transaction.IdAt, 2 * Hash256.Length), out Hash256 id);
        string? tag = transaction.LabelsAt < 0 ? null : Memo.Read(json[transaction.LabelsAt..]);
        foreach ((long ordinal, Asset asset, BigInteger amount) in OutputValue.Read(json[output.ValueAt..], _plan, output.Index))
        {
            sink.Add(new Transfer { TransactionId = id, Ordinal = ordinal, To = to, Asset = asset, Amount = amount, Tag = tag });
        }
    }
}
