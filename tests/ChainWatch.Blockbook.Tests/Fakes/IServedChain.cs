namespace ChainWatch.Blockbook.Tests;

/// <summary>A made-up chain of either kind, with the payments to one address that it holds.</summary>
internal interface IServedChain
{
    List<ServedBlock> Blocks { get; }

    /// <summary>The name of its coin in the configuration.</summary>
    string Coin { get; }

    /// <summary>The address that is watched.</summary>
    string Bob { get; }

    /// <summary>Adds a block that holds some payments to <see cref="Bob"/>, and others.</summary>
    void Mine();

    /// <summary>What the blocks pay to <see cref="Bob"/>: what the chain was made of, not what anybody read of it.</summary>
    IEnumerable<string> Payments { get; }

    /// <summary>Takes the newest blocks away, and adds others in their place.</summary>
    void Reorganise(int depth, int length)
    {
        Blocks.RemoveRange(Blocks.Count - depth, depth);
        for (int i = 0; i < length; i++)
        {
            Mine();
        }
    }
}
