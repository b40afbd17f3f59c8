namespace ChainWatch.Simulation;

/// <summary>What a block's match found, one line each.</summary>
internal sealed class TransferTexts : List<string>, ITransferSink
{
    public static IReadOnlyList<string> Of(Block block, AddressSet watched)
    {
        TransferTexts texts = [];
        block.Match(watched, texts).ShouldBeTrue("it was read for these addresses");
        return texts;
    }

    public void Add(Transfer transfer) => Add(FamilyBench.Text(transfer.TransactionId, transfer.Ordinal, transfer.Amount));
}
