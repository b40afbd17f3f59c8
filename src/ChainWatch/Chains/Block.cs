namespace ChainWatch;

/// <summary>
/// A block: its header, and a way to find the transfers of watched addresses in the bytes that were fetched. Nothing is materialised for the rest, and
/// matching the same block again against other addresses is the same call. Dispose it when its transfers are committed: its bytes go back to their pool.
/// </summary>
public abstract class Block : IDisposable
{
    /// <summary>The block's header.</summary>
    public abstract BlockHeader Header { get; }

    /// <summary>The configured name of the endpoint that served the block; it goes into the coverage.</summary>
    public abstract string Endpoint { get; }

    /// <summary>About how many bytes of memory the block holds on to; this bounds prefetching and batches.</summary>
    public abstract int Size { get; }

    /// <summary>Adds every transfer to an address of <paramref name="addresses"/> to <paramref name="sink"/>, in the order of the block.</summary>
    /// <returns>
    /// False where what was fetched does not suffice to decide for these addresses (an address that was added since then would need one more proof from the
    /// chain): the block must be read again. What the sink holds for this block is void then.
    /// </returns>
    public abstract bool Match(AddressSet addresses, ITransferSink sink);

    /// <summary>Adds every spending of one of <paramref name="outputs"/> to <paramref name="spends"/>, in the order of the block. On chains of accounts there are none.</summary>
    public virtual void FindSpends(OutputSet outputs, ICollection<OutputSpent> spends)
    {
    }

    /// <summary>Gives the block's bytes back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the block's bytes back. Calling it twice is harmless.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
