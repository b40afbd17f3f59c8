namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>
/// What a block holds, but for its hashes. Of its logs, a third are transfers of the busy token or what the case's counts ask for, most others are transfers of other
/// tokens, and a quarter are events of other kinds.
/// </summary>
internal sealed class BlockPrototype
{
    public const int FirstBusyRecipient = 1_000_000;
    private const int FirstStranger = 10_000_000;

    private BlockPrototype(IReadOnlyList<MadeTransaction> transactions)
    {
        Transactions = transactions;
    }

    public IReadOnlyList<MadeTransaction> Transactions { get; }

    public IEnumerable<MadeLog> Logs => Transactions.SelectMany(static transaction => transaction.Logs);

    /// <summary>How many addresses receive the busy token.</summary>
    public static int BusyRecipients(ChainShape shape) => BusyTransfers(shape) * ChainShape.Prototypes;

    /// <summary>How many transfers a case finds in a block.</summary>
    public static int Payments(ChainShape shape, int prototype, CatchUpCase one) =>
        one.BusyTokenOnly ? BusyTransfers(shape)
        : (one.Watched >= 1_000 ? PaysFew(shape) : 0) + (one.Watched >= 100_000 ? PaysMany(shape) : 0) + (one.Native && PaysNative(prototype) ? 1 : 0);

    public static BlockPrototype Create(ChainShape shape, int number)
    {
        Random random = new(HashCode(shape.Seed, number));
        var transfers = new List<(int Token, int To)>();
        for (var index = 0; index < BusyTransfers(shape); index++)
        {
            transfers.Add((0, FirstBusyRecipient + (number * BusyTransfers(shape)) + index));
        }

        for (var index = 0; index < PaysFew(shape); index++)
        {
            transfers.Add((1 + random.Next(shape.Tokens - 1), random.Next(1_000)));
        }

        for (var index = 0; index < PaysMany(shape); index++)
        {
            transfers.Add((1 + random.Next(shape.Tokens - 1), random.Next(1_000, 100_000)));
        }

        var others = shape.Logs / 4;
        while (transfers.Count < shape.Logs - others)
        {
            transfers.Add((1 + (int)(random.NextDouble() * random.NextDouble() * (shape.Tokens - 1)), FirstStranger + random.Next(1_000_000)));
        }

        for (var index = 0; index < others; index++)
        {
            transfers.Add((-1, 0));
        }

        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(transfers));
        // A third of the transactions only move the native coin; the logs are spread over the others, some with many.
        var places = transfers.Select(_ => (shape.Transactions / 3) + (int)(Math.Pow(random.NextDouble(), 1.3) * (shape.Transactions - (shape.Transactions / 3)))).Order().ToArray();
        var transactions = new List<MadeTransaction>();
        var log = 0;
        for (var index = 0; index < shape.Transactions; index++)
        {
            var plain = index < shape.Transactions / 3;
            var logs = new List<MadeLog>();
            for (; log < places.Length && places[log] == index; log++)
            {
                logs.Add(MadeLog.Create(shape, random, index, log, transfers[log]));
            }

            var to = plain ? shape.Address(index == 0 && PaysNative(number) ? random.Next(1_000) : FirstStranger + random.Next(1_000_000)) : shape.Contract(random.Next(shape.Tokens));
            transactions.Add(MadeTransaction.Create(shape, random, to, plain, logs));
        }

        return new BlockPrototype(transactions);
    }

    private static int BusyTransfers(ChainShape shape) => Math.Min(50, shape.Logs / 4);

    private static int PaysFew(ChainShape shape) => Math.Min(2, shape.Logs / 4);

    private static int PaysMany(ChainShape shape) => Math.Min(8, shape.Logs / 8);

    // Three of five blocks.
    private static bool PaysNative(int prototype) => prototype % 5 < 3;

    private static int HashCode(ulong seed, int number) => unchecked((int)((seed * 1_000_003) + (ulong)number));
}
