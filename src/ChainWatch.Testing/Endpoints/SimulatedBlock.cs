namespace ChainWatch.Testing;

/// <summary>A block of a simulated chain as an endpoint served it.</summary>
public sealed class SimulatedBlock : Block
{
    private readonly MinedBlock _block;
    private readonly string _endpoint;
    private readonly int _size;
    private readonly AddressSet? _fetchedFor;
    private readonly Func<SimulatedTransaction, bool>? _hides;
    private readonly Action? _released;
    private bool _disposed;

    internal SimulatedBlock(MinedBlock block, string endpoint, int size, AddressSet? fetchedFor, Func<SimulatedTransaction, bool>? hides, Action? released)
    {
        _block = block;
        _endpoint = endpoint;
        _size = size;
        _fetchedFor = fetchedFor;
        _hides = hides;
        _released = released;
    }

    /// <summary>Creates a block as an endpoint without faults would serve it, for tests that feed a source's consumer by hand.</summary>
    public SimulatedBlock(MinedBlock block)
        : this(block, "simulated", 500, null, null, null)
    {
        ArgumentNullException.ThrowIfNull(block);
    }

    /// <inheritdoc/>
    public override BlockHeader Header => _block.Header;

    /// <inheritdoc/>
    public override string Endpoint => _endpoint;

    /// <inheritdoc/>
    public override int Size => _size;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The block was disposed: its bytes are no longer there.</exception>
    public override bool Match(AddressSet addresses, ITransferSink sink)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(sink);
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (SimulatedTransaction transaction in _block.Transactions)
        {
            if (_hides?.Invoke(transaction) == true)
            {
                continue;
            }

            for (int ordinal = 0; ordinal < transaction.Transfers.Count; ordinal++)
            {
                SimulatedTransfer transfer = transaction.Transfers[ordinal];
                if (SimulatedFormat.TakerOf(transfer, addresses) is not { } to)
                {
                    continue;
                }

                if (_fetchedFor is not null && !_fetchedFor.Contains(to.Bytes))
                {
                    return false;
                }

                sink.Add(new Transfer
                {
                    TransactionId = transaction.Id,
                    Ordinal = ordinal,
                    To = to,
                    From = transfer.From,
                    Asset = transfer.Asset,
                    Amount = transfer.Amount,
                    Tag = transfer.Tag,
                });
            }
        }

        return true;
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The block was disposed: its bytes are no longer there.</exception>
    public override void FindSpends(OutputSet outputs, ICollection<OutputSpent> spends)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(spends);
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (OutputSpent spent in _block.Spends)
        {
            if (outputs.Contains(spent.Output))
            {
                spends.Add(spent);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _released?.Invoke();
        }

        base.Dispose(disposing);
    }
}
