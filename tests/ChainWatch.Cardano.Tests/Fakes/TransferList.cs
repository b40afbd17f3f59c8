namespace ChainWatch.Cardano.Tests;

/// <summary>Keeps transfers, and writes each as one line.</summary>
internal sealed class TransferList : ITransferSink
{
    public List<Transfer> Transfers { get; } = [];

    public IEnumerable<string> Texts => Transfers.Select(static transfer => Write(transfer, Someone.Format));

    public static string Write(Transfer transfer, CardanoFormat format, bool withTag = true) =>
        $"{transfer.TransactionId}/{transfer.Ordinal} {format.FormatAddress(transfer.To)} {transfer.Asset.Symbol} {transfer.Amount}{(withTag ? $" {transfer.Tag ?? "-"}" : "")}";

    public void Add(Transfer transfer) => Transfers.Add(transfer);
}
