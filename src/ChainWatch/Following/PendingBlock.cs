namespace ChainWatch;

/// <summary>A block that was matched and waits for its commit. Its bytes are kept until then, in case it must be matched against newer addresses.</summary>
internal sealed class PendingBlock(Block block) : ITransferSink
{
    private readonly List<Transfer> _transfers = [];

    public Block Block => block;

    public IReadOnlyList<Transfer> Transfers => _transfers;

    void ITransferSink.Add(Transfer transfer) => _transfers.Add(transfer);

    /// <summary>Looks for the transfers of these addresses. False when the block must be read again.</summary>
    public bool Match(AddressSet addresses) => block.Match(addresses, this);

    /// <summary>Drops what was found for addresses that are no longer watched, or that are about to be looked for anew.</summary>
    public void Forget(IReadOnlySet<AddressKey> addresses) => _transfers.RemoveAll(transfer => addresses.Contains(transfer.To));
}
