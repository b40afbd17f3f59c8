namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>One log of a prototype.</summary>
internal sealed record MadeLog(int Transaction, int Index, byte[] Contract, byte[][] Topics, byte[] Data)
{
    /// <summary>The hash of <c>Transfer(address,address,uint256)</c>.</summary>
    public static byte[] TransferTopic { get; } = Convert.FromHexString("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

    public static MadeLog Create(ChainShape shape, Random random, int transaction, int index, (int Token, int To) transfer)
    {
        if (transfer.Token < 0)
        {
            var topics = new byte[random.Next(1, 4)][];
            for (var topic = 0; topic < topics.Length; topic++)
            {
                topics[topic] = new byte[32];
                random.NextBytes(topics[topic]);
            }

            var other = new byte[32 * random.Next(1, 6)];
            random.NextBytes(other);
            return new MadeLog(transaction, index, shape.Address(30_000_000 + random.Next(200)), topics, other);
        }

        var amount = new byte[32];
        random.NextBytes(amount.AsSpan(24));
        amount[31] |= 1;
        return new MadeLog(transaction, index, shape.Contract(transfer.Token), [TransferTopic, Word(shape.Address(20_000_000 + random.Next(1_000_000))), Word(shape.Address(transfer.To))], amount);
    }

    public static byte[] Word(byte[] address)
    {
        var word = new byte[32];
        address.CopyTo(word, 12);
        return word;
    }
}
