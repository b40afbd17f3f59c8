namespace ChainWatch.Bitcoin.Tests;

/// <summary>A made-up chain, with the blocks of branches that were abandoned.</summary>
internal sealed class FakeChain
{
    private readonly Dictionary<string, MadeBlock> _byHash = new(StringComparer.Ordinal);
    private readonly List<MadeBlock> _blocks = [];
    private int _salt;

    public FakeChain(int blocks = 3)
    {
        Add(MadeBlock.Of(0, MadeBlock.NoHash, []));
        for (int i = 0; i < blocks; i++)
        {
            Mine();
        }
    }

    public MadeBlock Head => _blocks[^1];

    public MadeBlock this[int height] => _blocks[height];

    public int Count => _blocks.Count;

    public BitcoinNetwork Network => BitcoinNetwork.Regtest with { Genesis = _blocks[0].HashValue };

    public MadeBlock Mine(params MadeTransaction[] transactions) => Add(MadeBlock.Of(_blocks.Count, Head.Hash, transactions, salt: ++_salt));

    public MadeBlock Add(MadeBlock block)
    {
        _byHash[block.Hash] = block;
        _blocks.Add(block);
        return block;
    }

    /// <summary>Makes these blocks the chain. Those that were it before are still known by their hashes.</summary>
    public void Show(IReadOnlyList<MadeBlock> canonical)
    {
        _blocks.Clear();
        foreach (MadeBlock block in canonical)
        {
            Add(block);
        }
    }

    /// <summary>Abandons the newest blocks. Nodes still know them by hash.</summary>
    public void Drop(int count) => _blocks.RemoveRange(_blocks.Count - count, count);

    public MadeBlock? Find(string hash) => _byHash.GetValueOrDefault(hash);

    public bool IsCanonical(MadeBlock block) => block.Height < _blocks.Count && _blocks[(int)block.Height] == block;
}
