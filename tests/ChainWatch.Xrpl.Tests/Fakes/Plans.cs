using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

/// <summary>What the tests watch: XRP, dollars of one issuer, and one multi-purpose token.</summary>
internal static class Plans
{
    public static readonly Asset Xrp = new() { Symbol = "XRP", Decimals = 6 };
    public static readonly Asset Usd = new() { Symbol = "USD", Decimals = XrplTokenOptions.DefaultDecimals };
    public static readonly Asset Points = new() { Symbol = "PTS", Decimals = 2 };

    public static WatchPlan All(bool requireTag = false, Asset? usd = null) => new(
        Xrp,
        [(new AddressKey([.. Someone.Usd, .. Someone.Issuer]), usd ?? Usd), (new AddressKey(Someone.Issuance), Points)],
        requireTag);

    /// <summary>Reads and matches one transaction, which stands alone in its ledger.</summary>
    public static IReadOnlyList<string> Match(FakeTransaction transaction, AddressSet addresses, LogRecorder? logs = null, bool requireTag = false, long ledger = 80_000_000, uint? closeTime = null, Asset? usd = null)
    {
        byte[] blob = transaction.ToBlob();
        byte[] metadata = transaction.ToMetadata(0);
        byte[] data = new byte[LedgerHeaderData.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(data, (uint)ledger);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(112), closeTime ?? 700_000_000);
        TransferList sink = new();
        HeldPayments held = new("xrpl", (logs ?? new LogRecorder()).CreateLogger("test"));
        TransactionMatch match = new(All(requireTag, usd), held, addresses, sink, LedgerHeaderData.Read(data), blob, metadata, Sha512Half.Of([.. "TXN\0"u8, .. blob]).ToBytes());
        match.Run();
        return sink.Texts;
    }

    private static byte[] ToBytes(this Hash256 hash)
    {
        byte[] bytes = new byte[Hash256.Length];
        hash.CopyTo(bytes);
        return bytes;
    }
}
