namespace ChainWatch.Bitcoin;

/// <summary>One node with what was learned about it.</summary>
internal sealed class BitcoinEndpoint : IPooledEndpoint
{
    private static readonly JsonRpcCall[] Identity = [new("getblockchaininfo", "[]"), new("getblockhash", "[0]")];

    private readonly BitcoinNetwork _network;
    private long _head = -1;
    private long _blockBytes = 1024 * 1024;
    private bool _givesRawBlocks;

    public BitcoinEndpoint(JsonRpcClient rpc, BitcoinNetwork network)
    {
        Rpc = rpc;
        _network = network;
    }

    public JsonRpcClient Rpc { get; }

    public EndpointClient Client => Rpc.Endpoint;

    public string Name => Client.Name;

    /// <summary>The head that this node told last, which may be lower than one before; -1 before the first.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>About how many bytes a block has: so many are asked for at once that the answer stays of a good size.</summary>
    public long BlockBytes => Volatile.Read(ref _blockBytes);

    public void SawBlockBytes(long bytes) => Volatile.Write(ref _blockBytes, Math.Max(256, ((BlockBytes * 3) + bytes) / 4));

    public void SawHead(long height)
    {
        Client.ReportHead(height);
        Volatile.Write(ref _head, height);
    }

    public static string NoRawBlocks(string name) =>
        $"endpoint '{name}' answers getblock with an object where the block's bytes were asked for, so its blocks cannot be proven; use a node that gives raw blocks (Bitcoin Core, Knots, litecoind, bcoin)";

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        ChainInfo info;
        Hash256 genesis;
        using (JsonRpcReplies replies = await Rpc.CallAsync(Identity, cancellationToken))
        {
            info = AnswerReader.ReadChainInfo(this, replies[0]);
            genesis = AnswerReader.ReadHash(this, replies[1]);
        }

        if (!string.Equals(info.Chain, _network.ChainName, StringComparison.Ordinal) || (_network.Genesis is { } first && first != genesis))
        {
            throw new EndpointRefusedException(
                $"endpoint '{Name}' serves the chain '{info.Chain}' with first block {genesis}, but network {_network.Name} is '{_network.ChainName}' with {_network.Genesis}; correct its Url, or Network");
        }

        if (!_givesRawBlocks)
        {
            // The newest block is one that a pruned node has too.
            using JsonRpcReplies replies = await Rpc.CallAsync("getblock", $"[\"{info.Head.Hash}\",false]", cancellationToken);
            ReadOnlySpan<byte> block = replies[0].Require();
            if (block.Length > 0 && block[0] == '{')
            {
                throw new EndpointRefusedException(NoRawBlocks(Name));
            }

            _givesRawBlocks = true;
        }
    }
}
