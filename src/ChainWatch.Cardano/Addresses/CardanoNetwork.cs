using System.Globalization;

namespace ChainWatch.Cardano;

/// <summary>What tells one network of Cardano from another, and where reading may begin in it.</summary>
internal sealed class CardanoNetwork
{
    private const long MainMagic = 764_824_073;

    private CardanoNetwork(string name, long magic, params CardanoPoint[] checkpoints)
    {
        Name = name;
        Magic = magic;
        Checkpoints = checkpoints;
    }

    /// <summary>The networks that have a name.</summary>
    /// <remarks>The points are the last blocks of eras, which Ogmios's own documentation and the common tools name; they are deeper than any rollback.</remarks>
    public static IReadOnlyList<CardanoNetwork> Known { get; } =
    [
        new(
            "mainnet",
            MainMagic,
            CardanoPoint.Parse("4492799:f8084c61b6a238acec985b59310b6ecec49c0ab8352249afd7268da5cff2a457"),
            CardanoPoint.Parse("16588737:4e9bbbb67e3ae262133d94c3da5bffce7b1127fc436e7433b87668dba34c354a"),
            CardanoPoint.Parse("23068793:69c44ac1dda2ec74646e4223bc804d9126f719b1c245dadc2ad65e8de1b276d7"),
            CardanoPoint.Parse("39916796:e72579ff89dc9ed325b723a33624b596c08141c7bd573ecfff56a1f7229e4d09"),
            CardanoPoint.Parse("72316796:c58a24ba8203e7629422a24d9dc68ce2ed495420bf40d9dab124373655161a20"),
            CardanoPoint.Parse("133660799:e757d57eb8dc9500a61c60a39fadb63d9be6973ba96ae337fd24453d4d15c343")),
        new("preprod", 1),
        new("preview", 2, CardanoPoint.Parse("345594:e47ac07272e95d6c3dc8279def7b88ded00e310f99ac3dfbae48ed9ff55e6001")),
    ];

    public static CardanoNetwork Main => Known[0];

    /// <summary>The name, or the magic of a network without one.</summary>
    public string Name { get; }

    /// <summary>The network's magic number.</summary>
    public long Magic { get; }

    /// <summary>Points of its chain, oldest first.</summary>
    public IReadOnlyList<CardanoPoint> Checkpoints { get; }

    /// <summary>What the header of a Shelley address says: 1 for the main network, 0 for every other.</summary>
    public int AddressTag => Magic == MainMagic ? 1 : 0;

    /// <summary>What an attribute of a Byron address says; those of the main network have none.</summary>
    public uint? ByronMagic => Magic == MainMagic ? null : (uint)Magic;

    /// <summary>Reads the name of a network, or its magic.</summary>
    public static CardanoNetwork? Find(string? text) =>
        Known.FirstOrDefault(network => string.Equals(network.Name, text, StringComparison.OrdinalIgnoreCase)) ??
        (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint magic) ? Known.FirstOrDefault(network => network.Magic == magic) ?? new CardanoNetwork(text, magic) : null);
}
