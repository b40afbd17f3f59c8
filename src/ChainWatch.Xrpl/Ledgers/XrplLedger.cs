namespace ChainWatch.Xrpl;

/// <summary>A validated ledger: its proved transactions as bytes. Matching walks over them and materialises only transfers to watched addresses.</summary>
internal sealed class XrplLedger : Block
{
    private readonly LedgerContent _content;
    private readonly LedgerHeaderData _data;
    private readonly WatchPlan _plan;
    private readonly HeldPayments _held;
    private bool _disposed;

    /// <param name="data">The header.</param>
    /// <param name="content">The transactions; the ledger owns them.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="plan">What is watched.</param>
    /// <param name="held">Where payments go that cannot be recorded.</param>
    public XrplLedger(LedgerHeaderData data, LedgerContent content, string endpoint, WatchPlan plan, HeldPayments held)
    {
        _data = data;
        _content = content;
        _plan = plan;
        _held = held;
        Header = data.ToHeader();
        Endpoint = endpoint;
    }

    public override BlockHeader Header { get; }

    public override string Endpoint { get; }

    public override int Size => 512 + _content.Size;

    public override bool Match(AddressSet addresses, ITransferSink sink)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(sink);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (addresses.Count == 0)
        {
            return true;
        }

        foreach (ref readonly LedgerTransaction transaction in _content.Transactions)
        {
            TransactionMatch match = new(_plan, _held, addresses, sink, _data, _content.TransactionOf(transaction), _content.MetadataOf(transaction), _content.IdBytesOf(transaction));
            match.Run();
        }

        return true;
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _content.Dispose();
        base.Dispose(disposing);
    }
}
