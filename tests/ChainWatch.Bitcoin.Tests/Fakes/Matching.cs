using System.Globalization;
using System.Text;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>Proves and matches blocks, and says what was found in one line each.</summary>
internal static class Matching
{
    public static Asset Coin { get; } = new() { Symbol = "BTC", Decimals = 8 };

    public static BitcoinFormat Mainnet { get; } = new(BitcoinNetwork.Mainnet);

    public static BitcoinFormat Regtest { get; } = new(BitcoinNetwork.Regtest);

    public static AddressSet SetOf(ChainFormat format, params IEnumerable<string> addresses) =>
        AddressSet.Create(format.AddressKeyLength).Add(addresses.Select(format.ParseAddress));

    /// <summary>The block that a node's answer is, unproven.</summary>
    public static BitcoinBlock Read(string hex, bool extensions = false, long height = 1)
    {
        RawBlock raw = RawBlock.FromHex(Encoding.ASCII.GetBytes(hex));
        BlockHeader header = new() { Point = new ChainPoint(height, RawHeader.HashOf(raw.Bytes)), ParentHash = RawHeader.ParentOf(raw.Bytes), Timestamp = RawHeader.TimeOf(raw.Bytes) };
        return new BitcoinBlock(header, "endpoint-1", raw, Coin, extensions);
    }

    /// <summary>What is paid to these addresses, after the block was proven.</summary>
    public static IReadOnlyList<string> Payments(string hex, ChainFormat format, IEnumerable<string> addresses, bool extensions = false)
    {
        BlockProof.Verify(Convert.FromHexString(hex), RawHeader.HashOf(Convert.FromHexString(hex)), extensions, witness: true);
        using BitcoinBlock block = Read(hex, extensions);
        return Payments(block, format, SetOf(format, addresses));
    }

    public static IReadOnlyList<string> Payments(Block block, ChainFormat format, AddressSet addresses)
    {
        TransferList sink = new();
        block.Match(addresses, sink).ShouldBeTrue();
        return [.. sink.Transfers.Select(transfer => Line(transfer.TransactionId.ToString(), transfer.Ordinal, transfer.Amount.ToString(CultureInfo.InvariantCulture), format.FormatAddress(transfer.To)))];
    }

    public static string Line(string id, long ordinal, string amount, string address) => string.Create(CultureInfo.InvariantCulture, $"{id} {ordinal} {amount} {address}");
}
