namespace ChainWatch.Blockbook;

/// <summary>How the objects in answers are spelled, remembered by each thread. No answer depends on it, only how fast it is read.</summary>
internal sealed class ScanMemory
{
    [ThreadStatic]
    private static ScanMemory? t_ofThisThread;

    public static ScanMemory OfThisThread => t_ofThisThread ??= new ScanMemory();

    public JsonShape Envelope { get; } = new("id", "data");

    public JsonShape Block { get; } = new(
        "page", "totalPages", "hash", "previousBlockHash", "height", "time", "version", "merkleRoot", "nonce", "bits", "txCount", "txs", "error");

    public JsonShape Transaction { get; } = new("txid", "vin", "vout", "blockHash", "tokenTransfers", "ethereumSpecific");

    public JsonShape Input { get; } = new("addresses", "isAddress");

    public JsonShape Output { get; } = new("value", "n", "addresses", "isAddress");

    public JsonShape Token { get; } = new("type", "standard", "from", "to", "contract", "token", "value");

    public JsonShape Specific { get; } = new("status", "error", "internalTransfers");

    public JsonShape Internal { get; } = new("type", "from", "to", "value");
}
