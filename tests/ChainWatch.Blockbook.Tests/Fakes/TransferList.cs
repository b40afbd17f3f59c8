namespace ChainWatch.Blockbook.Tests;

/// <summary>Keeps the transfers that a match found.</summary>
internal sealed class TransferList : ITransferSink
{
    public List<Transfer> Transfers { get; } = [];

    public IReadOnlyList<string> Texts => [.. Transfers.Select(static transfer => $"{transfer.TransactionId}/{transfer.Ordinal} {transfer.Amount} {transfer.Asset.Symbol}")];

    public void Add(Transfer transfer) => Transfers.Add(transfer);
}
