using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Makes a chain grow under traffic, and replaces its end again and again. Each step comes from the seed.</summary>
internal sealed class BitcoinChaos(BitcoinNode node, BitcoinTraffic traffic, int seed, long first)
{
    /// <summary>No reorg goes deeper.</summary>
    public const int DeepestReorg = 30;

    private readonly Random _random = new(seed);

    /// <summary>How often the end of the chain was replaced.</summary>
    public int Reorgs { get; private set; }

    /// <summary>The deepest reorg so far.</summary>
    public int Deepest { get; private set; }

    /// <summary>Mines one to three blocks with traffic in them.</summary>
    public async Task GrowAsync()
    {
        for (var block = _random.Next(1, 4); block > 0; block--)
        {
            for (var transaction = _random.Next(6); transaction > 0; transaction--)
            {
                await traffic.SendAsync();
            }

            if (node.HasExtensions && _random.Next(2) == 0)
            {
                await traffic.SendHiddenAsync();
            }

            await node.MineAsync(1, traffic.RandomMiner());
        }
    }

    /// <summary>
    /// Takes the last blocks back, one to thirty of them, and mines more than that in their place. What they held comes back in other blocks, or not at all where the new branch spends its coins
    /// otherwise.
    /// </summary>
    public async Task ReorgAsync()
    {
        var head = await node.HeadAsync();
        var depth = (int)Math.Min(_random.Next(3) == 0 ? _random.Next(1, DeepestReorg + 1) : _random.Next(1, 5), head - first);
        if (depth < 1)
        {
            await GrowAsync();
            return;
        }

        await node.Rpc.CallAsync("invalidateblock", await node.Rpc.CallTextAsync("getblockhash", head - depth + 1));
        var left = depth + 1;
        for (var conflicts = _random.Next(3); conflicts > 0 && left > 1; conflicts--)
        {
            if (await traffic.SignConflictAsync() is { } transaction)
            {
                await MineWithAsync(transaction);
                left--;
            }
        }

        // Some blocks hold nothing, so that what was mined before is mined later now.
        for (var empty = _random.Next(3); empty > 0 && left > 1; empty--)
        {
            await MineWithAsync();
            left--;
        }

        await node.MineAsync(left);
        Reorgs++;
        Deepest = Math.Max(Deepest, depth);
    }

    private async Task MineWithAsync(params string[] transactions)
    {
        try
        {
            await node.Rpc.CallAsync("generateblock", await node.NewAddressAsync("bech32"), transactions);
        }
        catch (JsonRpcErrorException)
        {
            // What it spends is gone meanwhile, or the chain has extension blocks.
            await node.MineAsync();
        }
    }
}
