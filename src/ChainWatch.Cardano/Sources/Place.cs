namespace ChainWatch.Cardano;

/// <summary>Where a connection stands in the server's chain.</summary>
/// <param name="Point">The last block that it gave, or the point that it went back to.</param>
/// <param name="Height">The height there; <see langword="null"/> until the next block tells it.</param>
/// <param name="Link">What the next block must name as its ancestor: the block there, or an epoch boundary block behind it, which is passed over. <see langword="null"/> before the first block, where nobody knows.</param>
internal readonly record struct Place(CardanoPoint Point, long? Height, Hash256? Link)
{
    public static Place Origin { get; } = new(CardanoPoint.Origin, null, null);

    public static Place At(in ChainPoint point) => new(CardanoPoint.Of(point), point.Height, point.Hash);

    public static Place At(in CardanoPoint point) => point.IsOrigin ? Origin : new(point, null, point.Hash);

    /// <summary>The block there, or what stands for it before the first one.</summary>
    public ChainPoint ToChainPoint(long height) => new(height, Point.Hash) { Slot = Math.Max(0, Point.Slot) };
}
