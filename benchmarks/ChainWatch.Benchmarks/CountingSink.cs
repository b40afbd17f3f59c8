namespace ChainWatch.Benchmarks;

/// <summary>Counts the transfers that it is given.</summary>
internal sealed class CountingSink : ITransferSink
{
    public int Count { get; set; }

    public void Add(Transfer transfer) => Count++;
}
