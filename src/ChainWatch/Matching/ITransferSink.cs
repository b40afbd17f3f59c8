namespace ChainWatch;

/// <summary>Receives the transfers that <see cref="Block.Match"/> finds.</summary>
public interface ITransferSink
{
    /// <summary>Takes one transfer to a watched address.</summary>
    void Add(Transfer transfer);
}
