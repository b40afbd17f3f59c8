using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Makes a chain grow under traffic, and replaces its end again and again in every way that anvil knows. Each step comes from the seed.</summary>
internal sealed class EthereumChaos
{
    /// <summary>No reorg goes deeper at once.</summary>
    public const int DeepestReorg = 20;

    /// <summary>Below so many blocks everything is settled, whatever a chain calls final.</summary>
    public const int SettledDepth = 70;

    // Anvil's finalized block lies 64 below its head; what was final once must stay, however often the end of the chain is cut off.
    private const int FinalDepth = 60;

    private readonly EthereumNode _node;
    private readonly EthereumTraffic _traffic;
    private readonly Random _random;
    private readonly long _first;
    private long _highest;

    private EthereumChaos(EthereumNode node, EthereumTraffic traffic, int seed, long first)
    {
        _node = node;
        _traffic = traffic;
        _random = new Random(seed);
        _first = first;
        _highest = first;
    }

    /// <summary>How often the end of the chain was replaced.</summary>
    public int Reorgs { get; private set; }

    public static async Task<EthereumChaos> CreateAsync(EthereumNode node, EthereumTraffic traffic, int seed) =>
        new(node, traffic, seed, await HeadAsync(node));

    /// <summary>Mines one to three blocks with traffic in them.</summary>
    public async Task GrowAsync()
    {
        for (var block = _random.Next(1, 4); block > 0; block--)
        {
            for (var transaction = _random.Next(4); transaction > 0; transaction--)
            {
                await _traffic.SendAsync();
            }

            await _node.MineAsync();
        }

        _highest = Math.Max(_highest, await HeadAsync(_node));
    }

    /// <summary>Replaces the last blocks, one to twenty of them, some of their transactions coming back elsewhere and some not at all.</summary>
    public async Task ReorgAsync()
    {
        var head = await HeadAsync(_node);
        var depth = (int)Math.Min(RandomDepth(), head - Math.Max(_first, _highest - FinalDepth));
        if (depth < 1)
        {
            await GrowAsync();
            return;
        }

        // Only anvil can do the first two.
        switch (_node.Kind == EthereumNodeKind.Anvil ? _random.Next(3) : 2)
        {
            case 0:
                await ReorgInPlaceAsync(head, depth);
                break;
            case 1:
                await RollBackAndMineAsync(head, depth);
                break;
            default:
                await SnapshotAndRevertAsync();
                break;
        }

        Reorgs++;
    }

    /// <summary>
    /// Mines until the chain is longer than it ever was. A chain that got shorter and shows nothing else proves nothing, so nobody goes back for it: two empty blocks of
    /// the same second may even be the very same block.
    /// </summary>
    public async Task OutgrowAsync()
    {
        await _node.MineAsync((int)Math.Max(1, _highest + 1 - await HeadAsync(_node)));
        _highest = await HeadAsync(_node);
    }

    /// <summary>Mines so many blocks that everything before them is settled.</summary>
    public Task SettleAsync(int blocks) => _node.MineAsync(blocks);

    private static async Task<long> HeadAsync(EthereumNode node) => (long)Quantity.Read(await node.Rpc.CallTextAsync("eth_blockNumber"));

    private int RandomDepth() => _random.Next(3) == 0 ? _random.Next(1, DeepestReorg + 1) : _random.Next(1, 5);

    /// <summary>anvil_reorg: as many new blocks at the same heights, at once. Transactions that are not named are lost.</summary>
    private async Task ReorgInPlaceAsync(long head, int depth)
    {
        var pairs = new List<object>();
        var offset = 0;
        foreach (var raw in await KeptTransactionsAsync(head, depth))
        {
            // Nonces of one sender must keep their order: the block only ever moves on.
            offset = Math.Min(depth - 1, offset + (_random.Next(3) == 0 ? 1 : 0));
            pairs.Add(new object[] { raw, offset });
        }

        await _node.Rpc.CallAsync("anvil_reorg", depth, pairs);
    }

    /// <summary>anvil_rollback: the chain is shorter for a while, then other blocks follow, fewer or more than before.</summary>
    private async Task RollBackAndMineAsync(long head, int depth)
    {
        var kept = await KeptTransactionsAsync(head, depth);
        await _node.Rpc.CallAsync("anvil_rollback", depth);
        foreach (var raw in kept)
        {
            await _node.Rpc.CallAsync("eth_sendRawTransaction", raw);
            if (_random.Next(2) == 0)
            {
                await _node.MineAsync();
            }
        }

        await _node.MineAsync(_random.Next(1, depth + 2));
        _highest = Math.Max(_highest, await HeadAsync(_node));
    }

    /// <summary>evm_snapshot, some blocks, evm_revert, other blocks.</summary>
    private async Task SnapshotAndRevertAsync()
    {
        var snapshot = await _node.Rpc.CallTextAsync("evm_snapshot");
        for (var steps = _random.Next(1, 5); steps > 0; steps--)
        {
            await GrowAsync();
        }

        await _node.Rpc.CallAsync("evm_revert", snapshot);
        await GrowAsync();
    }

    /// <summary>Of the transactions in the last blocks those that come back. Of one sender's none can come back whose predecessor does not.</summary>
    private async Task<List<string>> KeptTransactionsAsync(long head, int depth)
    {
        var kept = new List<string>();
        var broken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var keep = _random.Next(4) switch { 0 => 0, 1 => 100, _ => 70 };
        for (var height = head - depth + 1; height <= head; height++)
        {
            var block = await _node.Rpc.CallAsync("eth_getBlockByNumber", Quantity.Write(height), true);
            foreach (var transaction in block!["transactions"]!.AsArray())
            {
                var sender = transaction!["from"]!.GetValue<string>();
                if (broken.Contains(sender) || _random.Next(100) >= keep)
                {
                    broken.Add(sender);
                    continue;
                }

                kept.Add(await _node.Rpc.CallTextAsync("eth_getRawTransactionByHash", transaction["hash"]!.GetValue<string>()));
            }
        }

        return kept;
    }
}
