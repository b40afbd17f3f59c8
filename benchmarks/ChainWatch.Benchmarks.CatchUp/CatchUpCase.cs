namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>What is looked for in the chain.</summary>
internal sealed record CatchUpCase
{
    public required string Name { get; init; }

    public required string Title { get; init; }

    /// <summary>Only the busy token, and every recipient of it.</summary>
    public bool BusyTokenOnly { get; init; }

    public required int Watched { get; init; }

    public bool Native { get; init; }

    public static IReadOnlyList<CatchUpCase> All { get; } =
    [
        new() { Name = "a", Title = "every transfer of one busy token", BusyTokenOnly = true, Watched = 0 },
        new() { Name = "b", Title = "1,000 addresses, any token", Watched = 1_000 },
        new() { Name = "c", Title = "100,000 addresses, any token", Watched = 100_000 },
        new() { Name = "n", Title = "b and the native coin", Watched = 1_000, Native = true },
    ];

    public static CatchUpCase Of(string name) => All.Single(one => one.Name == name);

    /// <summary>The addresses to watch: those with the lowest numbers; for the busy token, all that ever receive it.</summary>
    public IEnumerable<byte[]> Addresses(ChainShape shape) => Enumerable.Range(0, BusyTokenOnly ? BlockPrototype.BusyRecipients(shape) : Watched)
        .Select(number => shape.Address(BusyTokenOnly ? BlockPrototype.FirstBusyRecipient + number : number));

    public IEnumerable<byte[]> Tokens(ChainShape shape) => Enumerable.Range(0, BusyTokenOnly ? 1 : shape.Tokens).Select(shape.Contract);

    /// <summary>How many transfers there are to find.</summary>
    public int Expected(ChainShape shape) => Enumerable.Range(0, shape.Blocks).Sum(block => BlockPrototype.Payments(shape, block % ChainShape.Prototypes, this));
}
