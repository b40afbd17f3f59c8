namespace ChainWatch.Bitcoin.Tests;

/// <summary>A made-up block: header, reward and transactions, with the commitments worked out the plain way.</summary>
public sealed class MadeBlock
{
    private MadeBlock(byte[] header, IReadOnlyList<byte[]> transactions, IReadOnlyList<byte[]> ids, byte[] behind, string parent, long height)
    {
        Ids = ids;
        Header = header;
        Transactions = transactions;
        Bytes = [.. header, .. MadeTransaction.Count(transactions.Count), .. transactions.SelectMany(static t => t), .. behind];
        ParentHash = parent;
        Height = height;
    }

    public byte[] Header { get; }

    public IReadOnlyList<byte[]> Transactions { get; }

    /// <summary>The ids of the transactions, in the order of their bytes.</summary>
    public IReadOnlyList<byte[]> Ids { get; }

    public byte[] Bytes { get; }

    public long Height { get; }

    public string ParentHash { get; }

    public string Hash => field ??= Convert.ToHexStringLower([.. Enumerable.Reverse(MadeTransaction.Twice(Header))]);

    public Hash256 HashValue => Hash256.Parse(Hash);

    public string Hex => field ??= Convert.ToHexStringLower(Bytes);

    public const string NoHash = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>Makes a block of transactions, with a reward before them.</summary>
    public static MadeBlock Of(long height, string parent, IReadOnlyList<MadeTransaction> transactions, MadeOutput? reward = null, int salt = 0, byte[]? behind = null)
    {
        bool witness = transactions.Any(static transaction => transaction.HasWitness);
        byte[] nonce = new byte[32];
        List<MadeOutput> outputs = [reward ?? new MadeOutput(50_0000_0000, [0x51])];
        if (witness)
        {
            byte[] root = Root([new byte[32], .. transactions.Select(static transaction => transaction.WitnessIdBytes)]);
            outputs.Add(new MadeOutput(0, [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, .. MadeTransaction.Twice([.. root, .. nonce])]));
        }

        MadeTransaction coinbase = new()
        {
            InputScript = [4, .. BitConverter.GetBytes((int)height), 4, .. BitConverter.GetBytes(salt)],
            Outputs = outputs,
            Witness = witness ? [[nonce]] : [],
        };
        MadeTransaction[] all = [coinbase, .. transactions];
        return Of(height, parent, [.. all.Select(static t => t.Whole)], [.. all.Select(static t => t.IdBytes)], behind ?? []);
    }

    /// <summary>Makes a block of the bytes of transactions, whose ids are given.</summary>
    public static MadeBlock Of(long height, string parent, IReadOnlyList<byte[]> transactions, IReadOnlyList<byte[]> ids, byte[]? behind = null)
    {
        byte[] header =
        [
            0, 0, 0, 0x20, .. Convert.FromHexString(parent).Reverse(), .. Root(ids), .. BitConverter.GetBytes((uint)(1_700_000_000 + (height * 600))), 0xff, 0xff, 0x7f, 0x20, 0, 0, 0, 0,
        ];
        return new MadeBlock(header, transactions, ids, behind ?? [], parent, height);
    }

    /// <summary>The same header over other bytes, as a node that lies would serve it.</summary>
    public byte[] With(IReadOnlyList<byte[]> transactions) => [.. Header, .. MadeTransaction.Count(transactions.Count), .. transactions.SelectMany(static t => t)];

    /// <summary>The root of a merkle tree, the plain way.</summary>
    public static byte[] Root(IReadOnlyList<byte[]> leaves)
    {
        List<byte[]> level = [.. leaves];
        while (level.Count > 1)
        {
            if (level.Count % 2 == 1)
            {
                level.Add(level[^1]);
            }

            level = [.. level.Chunk(2).Select(static pair => MadeTransaction.Twice([.. pair[0], .. pair[1]]))];
        }

        return level[0];
    }
}
