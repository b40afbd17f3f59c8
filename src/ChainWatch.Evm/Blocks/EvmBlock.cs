namespace ChainWatch.Evm;

/// <summary>
/// A block that was read and checked. Reading walks over the node's bytes once, to check them, and keeps the movements of what is watched in rented memory, so that the
/// bytes go back to their pool at once and a block weighs little. Of what went to others than those who were watched then only the receiver is kept, so that a later match
/// against others knows whether the block must be read again.
/// </summary>
internal sealed class EvmBlock : Block
{
    private readonly WatchPlan _plan;
    private readonly MovementList _movements;
    private readonly AddressSet? _readFor;
    private readonly AddressSet? _keptFor;
    private bool _disposed;

    /// <param name="header">The header.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="plan">What is watched.</param>
    /// <param name="movements">The movements; the block owns them.</param>
    /// <param name="readFor">The addresses for which logs were asked for, where only theirs were; <see langword="null"/> where all are there.</param>
    /// <param name="keptFor">The addresses whose movements are kept; <see langword="null"/> where all are. Of the others it is only known to whom they went.</param>
    public EvmBlock(BlockHeader header, string endpoint, WatchPlan plan, MovementList movements, AddressSet? readFor, AddressSet? keptFor)
    {
        Header = header;
        Endpoint = endpoint;
        _plan = plan;
        _movements = movements;
        _readFor = readFor;
        _keptFor = keptFor;
    }

    public override BlockHeader Header { get; }

    public override string Endpoint { get; }

    public override int Size => 512 + _movements.Size;

    public override bool Match(AddressSet addresses, ITransferSink sink)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(sink);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_readFor is not null && !ReferenceEquals(_readFor, addresses) && !WasReadFor(addresses))
        {
            return false;
        }

        if (_keptFor is not null && !ReferenceEquals(_keptFor, addresses) && PaysOthers(addresses))
        {
            return false;
        }

        foreach (ref readonly Movement movement in _movements.Items)
        {
            if (!addresses.Contains(movement.To.Bytes))
            {
                continue;
            }

            if (!movement.Proven)
            {
                return false;
            }

            sink.Add(new Transfer
            {
                TransactionId = movement.TransactionId,
                Ordinal = movement.Ordinal,
                To = new AddressKey(movement.To.Bytes),
                From = movement.HasFrom ? movement.From.ToString() : null,
                Asset = _plan.Assets[movement.Asset],
                Amount = movement.Amount.ToBigInteger(),
            });
        }

        return true;
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _movements.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Whether a movement that was not kept went to one of these addresses.</summary>
    private bool PaysOthers(AddressSet addresses)
    {
        foreach (ref readonly EvmAddress to in _movements.Others)
        {
            if (addresses.Contains(to.Bytes))
            {
                return true;
            }
        }

        return false;
    }

    private bool WasReadFor(AddressSet addresses)
    {
        // Only small sets are read for by address, so one that is much larger holds others.
        if (addresses.Count > _readFor!.Count)
        {
            return false;
        }

        foreach (AddressKey key in addresses.Keys)
        {
            if (!_readFor.Contains(key.Bytes))
            {
                return false;
            }
        }

        return true;
    }
}
