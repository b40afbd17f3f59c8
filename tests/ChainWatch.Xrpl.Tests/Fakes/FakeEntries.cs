using System.Text.Json.Nodes;

namespace ChainWatch.Xrpl.Tests;

/// <summary>The entries of ledgers' states, by the place that a request names, as a server keeps them.</summary>
internal sealed class FakeEntries
{
    public const string FeeSettings = "4BC50C9B0D8515D3EAAE1E74B29A95804346C491EE1A95BF25E4AAB854A6A651";

    private static readonly byte[] s_noOne = new byte[20];
    private readonly List<(long From, string Place, byte[]? Binary)> _entries = [];

    /// <summary>The entry at a request's place, in a ledger; <see langword="null"/> where there is none.</summary>
    public byte[]? Find(JsonObject request, long ledger)
    {
        string place = PlaceOf(request);
        return _entries.LastOrDefault(entry => entry.From <= ledger && entry.Place == place).Binary;
    }

    public FakeEntries Fees(long from, long reserve, long increment)
    {
        Set(from, FeeSettings, Of(EntryType.FeeSettings).Amount(Field.ReserveBaseDrops, FieldWriter.Drops(reserve)).Amount(Field.ReserveIncrementDrops, FieldWriter.Drops(increment)));
        return this;
    }

    /// <summary>The fees as they were written before the amendment that made amounts of them.</summary>
    public FakeEntries OldFees(long from, uint reserve, uint increment)
    {
        Set(from, FeeSettings, Of(EntryType.FeeSettings).U32(Field.ReserveBase, reserve).U32(Field.ReserveIncrement, increment));
        return this;
    }

    public FakeEntries Account(long from, byte[] account, long drops, uint owns)
    {
        Set(from, Address(account), Of(EntryType.AccountRoot).U32(Field.OwnerCount, owns).Amount(Field.Balance, FieldWriter.Drops(drops)).Account(Field.Account, account));
        return this;
    }

    public FakeEntries Gone(long from, byte[] account)
    {
        _entries.Add((from, Address(account), null));
        return this;
    }

    /// <summary>A trust line; the amount is as its holder sees it.</summary>
    public FakeEntries Line(long from, byte[] holder, byte[] issuer, long mantissa, int exponent)
    {
        bool low = holder.AsSpan().SequenceCompareTo(issuer) < 0;
        Set(from, PlaceOfLine(holder, issuer, Someone.Usd), Of(EntryType.RippleState)
            .Amount(Field.Balance, FieldWriter.Issued(low ? mantissa : -mantissa, exponent, Someone.Usd, s_noOne))
            .Amount(Field.LowLimit, FieldWriter.Issued(0, 0, Someone.Usd, low ? holder : issuer))
            .Amount(Field.HighLimit, FieldWriter.Issued(0, 0, Someone.Usd, low ? issuer : holder)));
        return this;
    }

    public FakeEntries Token(long from, byte[] holder, ulong amount)
    {
        Set(from, $"{Convert.ToHexString(Someone.Issuance)} {Address(holder)}", Of(EntryType.Token).U64(Field.TokenAmount, amount).Account(Field.Account, holder).Raw(FieldType.Hash192, 1, Someone.Issuance));
        return this;
    }

    public FakeEntries Raw(long from, string place, byte[] binary)
    {
        _entries.Add((from, place, binary));
        return this;
    }

    public static string Address(byte[] account) => XrplFormat.FormatAccount(account);

    public static string PlaceOfLine(byte[] one, byte[] other, byte[] currency) => $"{Convert.ToHexString(currency)} {string.Join(' ', new[] { Address(one), Address(other) }.Order(StringComparer.Ordinal))}";

    public static FieldWriter Of(int type) => new FieldWriter().U16(Field.LedgerEntryType, type);

    private void Set(long from, string place, FieldWriter entry) => _entries.Add((from, place, entry.ToArray()));

    private static string PlaceOf(JsonObject request) =>
        request["account_root"] is { } account ? (string)account!
        : request["ripple_state"] is JsonObject line ? $"{(string)line["currency"]!} {string.Join(' ', line["accounts"]!.AsArray().Select(static one => (string)one!).Order(StringComparer.Ordinal))}"
        : request["mptoken"] is JsonObject token ? $"{(string)token["mpt_issuance_id"]!} {(string)token["account"]!}"
        : (string)request["index"]!;
}
