using System.Buffers.Binary;
using System.Globalization;

namespace ChainWatch.Conformance;

/// <summary>A chain made of numbers: block and transaction hashes say what they stand for, so that a failing assertion can be read.</summary>
public static class ConformanceChain
{
    /// <summary>The asset of most payments.</summary>
    public static Asset Coin { get; } = new() { Symbol = "COIN", Decimals = 8 };

    /// <summary>Another asset.</summary>
    public static Asset Token { get; } = new() { Symbol = "TOKEN", Decimals = 6, Id = "0xtoken" };

    /// <summary>The chain under this name.</summary>
    public static Chain Named(string name) => new() { Name = name, Kind = "conformance", Format = new Numbers(), Assets = [Coin, Token] };

    /// <summary>The chain under this name, of outputs that have ten ordinals each.</summary>
    public static Chain OfOutputs(string name) => new() { Name = name, Kind = "conformance", Format = new Numbers { Outputs = 10 }, Assets = [Coin, Token] };

    /// <summary>The chain under this name, of accounts that have tags: account 700 with tag 42 is the address of number 742.</summary>
    public static Chain OfTags(string name) => new() { Name = name, Kind = "conformance", Format = new Numbers { HasTags = true }, Assets = [Coin, Token] };

    /// <summary>The key of the n-th address.</summary>
    public static AddressKey Address(int number)
    {
        Span<byte> bytes = stackalloc byte[20];
        bytes.Fill(0xAD);
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], number);
        return new AddressKey(bytes);
    }

    /// <summary>The id of the n-th transaction.</summary>
    public static Hash256 Transaction(int number) => HashOf(0x77, '-', number);

    /// <summary>The block of a branch at a height.</summary>
    /// <param name="height">The height.</param>
    /// <param name="branch">The branch that the block is on.</param>
    /// <param name="parent">The branch that its parent is on; the same one by default.</param>
    public static BlockHeader Block(long height, char branch = 'a', char? parent = null) => new()
    {
        Point = Point(height, branch),
        ParentHash = Point(height - 1, parent ?? branch).Hash,
        Timestamp = DateTimeOffset.UnixEpoch.AddSeconds(height),
    };

    /// <summary>The point of a branch at a height.</summary>
    public static ChainPoint Point(long height, char branch = 'a') => new(height, HashOf(0xBB, branch, height)) { Slot = height * 20 };

    /// <summary>Blocks of a branch, the first of which stands on <paramref name="parent"/>.</summary>
    public static BlockHeader[] Blocks(long from, long to, char branch = 'a', char? parent = null)
    {
        BlockHeader[] blocks = new BlockHeader[to - from + 1];
        for (long height = from; height <= to; height++)
        {
            blocks[height - from] = Block(height, branch, height == from ? parent : null);
        }

        return blocks;
    }

    private static Hash256 HashOf(byte kind, char branch, long number)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Length];
        bytes.Fill(kind);
        bytes[1] = (byte)branch;
        BinaryPrimitives.WriteInt64BigEndian(bytes[24..], number);
        return new Hash256(bytes);
    }

    private sealed class Numbers : ChainFormat
    {
        private const int TagsOfAccount = 100;

        public int Outputs { get; init; }

        public bool HasTags { get; init; }

        public override bool SharesBalances => HasTags;

        public override int AddressKeyLength => 20;

        public override int OrdinalsPerOutput => Outputs;

        public override AddressKey BalanceOwnerOf(in AddressKey key) => HasTags ? Address(NumberOf(key) / TagsOfAccount * TagsOfAccount) : key;

        public override AddressKey? PartOf(in AddressKey owner, string? tag) =>
            HasTags && int.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and < TagsOfAccount ? Address(NumberOf(owner) + number) : null;

        public override AddressKey ParseAddress(string text) => Address(int.Parse(text.AsSpan(5), CultureInfo.InvariantCulture));

        public override string FormatAddress(in AddressKey key) =>
            string.Create(CultureInfo.InvariantCulture, $"addr-{NumberOf(key)}");

        public override string FormatHash(in Hash256 hash) => $"0x{hash}";

        private static int NumberOf(in AddressKey key) => BinaryPrimitives.ReadInt32BigEndian(key.Bytes[16..]);
    }
}
