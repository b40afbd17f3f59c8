namespace ChainWatch.Bitcoin.Tests;

/// <summary>Keeps the transfers that a match found.</summary>
public sealed class TransferList : ITransferSink
{
    public List<Transfer> Transfers { get; } = [];

    public void Add(Transfer transfer) => Transfers.Add(transfer);
}
