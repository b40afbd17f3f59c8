namespace ChainWatch.Xrpl.Tests;

/// <summary>Keeps the transfers that a match found.</summary>
public sealed class TransferList : ITransferSink
{
    public List<Transfer> Transfers { get; } = [];

    public void Add(Transfer transfer) => Transfers.Add(transfer);

    public IReadOnlyList<string> Texts => [.. Transfers.Select(static transfer =>
        $"{transfer.Ordinal} {transfer.Asset.FormatAmount(transfer.Amount)} {transfer.Asset.Symbol} to {XrplFormat.MainNet.FormatAddress(transfer.To)} from {transfer.From ?? "-"} tag {transfer.Tag ?? "-"}")];
}
