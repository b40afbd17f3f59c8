namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>One transaction of a prototype.</summary>
internal sealed record MadeTransaction(byte[] From, byte[] To, long Value, byte[] Input, byte[] Signature, long Nonce, IReadOnlyList<MadeLog> Logs)
{
    public static MadeTransaction Create(ChainShape shape, Random random, byte[] to, bool plain, IReadOnlyList<MadeLog> logs)
    {
        var input = new byte[plain ? 0 : 4 + (32 * random.Next(2, 9))];
        random.NextBytes(input);
        var signature = new byte[64];
        random.NextBytes(signature);
        signature[0] |= 0x80;
        signature[32] |= 0x80;
        return new MadeTransaction(shape.Address(20_000_000 + random.Next(1_000_000)), to, plain ? random.NextInt64(1, long.MaxValue) : 0, input, signature, random.Next(1, 5_000), logs);
    }
}
