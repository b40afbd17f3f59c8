using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

public sealed class RecordedTransactionTests
{
    [Fact]
    public void Every_recorded_transaction_brings_what_its_own_metadata_says_to_whom_it_says()
    {
        JsonNode[] recorded = [.. Recordings.Transactions];
        recorded.Length.ShouldBeGreaterThanOrEqualTo(76);
        AddressSet everybody = Someone.Watch([.. recorded.SelectMany(static line => line["gains"]!.AsArray()).Select(static gain => Account((string)gain!["account"]!)).DistinctBy(Convert.ToHexString)]);
        WatchPlan plan = Plan(recorded);
        LogRecorder logs = new();
        foreach (JsonNode line in recorded)
        {
            Match(line, plan, everybody, logs).Order(StringComparer.Ordinal)
                .ShouldBe(Expected(line).Order(StringComparer.Ordinal), (string)line["name"]!);
        }

        logs.Of("PaymentHeld").ShouldBeEmpty();
    }

    [Fact]
    public void The_id_of_every_recorded_transaction_is_the_hash_of_its_binary_form()
    {
        int same = 0;
        foreach (JsonNode line in Recordings.Transactions)
        {
            byte[] blob = Convert.FromHexString((string)line["tx_blob"]!);
            string id = Sha512Half.Of([.. "TXN\0"u8, .. blob]).ToString().ToUpperInvariant();
            id.ShouldBe((string)line["hash"]!);
            same += string.Equals(id, (string?)line["recorded"], StringComparison.Ordinal) ? 1 : 0;
        }

        // Three recordings were shortened or changed by hand where they come from.
        same.ShouldBeGreaterThanOrEqualTo(73);
    }

    [Fact]
    public void What_the_vendors_codec_cannot_write_is_of_another_network_alone()
    {
        // Xahau, a network of its own, has fields and transactions that the XRP Ledger does not have; one recording of an escrow of tokens is from before its amendment was final.
        Recordings.Unreadable.Count().ShouldBeLessThanOrEqualTo(21);
    }

    [Fact]
    public void Ledgers_that_the_vendors_client_hashed_are_proved_and_matched()
    {
        IReadOnlyList<JsonNode> lines = Recordings.LedgerLines;
        JsonNode[] recorded = [.. Recordings.Transactions];
        WatchPlan plan = Plan(recorded);
        AddressSet everybody = Someone.Watch([.. recorded.SelectMany(static line => line["gains"]!.AsArray()).Select(static gain => Account((string)gain!["account"]!)).DistinctBy(Convert.ToHexString)]);
        for (int index = 0; index < lines.Count; index++)
        {
            ServedLedger served = ServedLedger.Take(lines[index]);
            foreach (bool clio in (bool[])[false, true])
            {
                foreach (int version in (int[])[1, 2])
                {
                    byte[] json = System.Text.Encoding.UTF8.GetBytes(served.ToResult(transactions: true, version, clio).ToJsonString());
                    using XrplLedger ledger = LedgerAnswer.ReadLedger(json, "alpha", plan, new HeldPayments("xrpl", new LogRecorder().CreateLogger("test")));
                    ledger.Header.Point.ShouldBe(served.Point);
                    TransferList sink = new();
                    ledger.Match(everybody, sink).ShouldBeTrue();
                    sink.Transfers.Select(static transfer => $"{transfer.TransactionId.ToString().ToUpperInvariant()} {Describe(transfer)}").Order(StringComparer.Ordinal)
                        .ShouldBe(lines[index]["gains"]!.AsArray().SelectMany(static one => Expected(one!).Select(text => $"{(string)one!["hash"]!} {text}")).Order(StringComparer.Ordinal));
                }
            }
        }
    }

    private static WatchPlan Plan(JsonNode[] recorded)
    {
        List<(AddressKey, Asset)> tokens = [];
        foreach (string asset in recorded.SelectMany(static line => line["gains"]!.AsArray()).Select(static gain => (string)gain!["asset"]!).Distinct(StringComparer.Ordinal).Where(static asset => asset != "XRP"))
        {
            int dot = asset.LastIndexOf('.');
            AddressKey id = dot < 0 ? new AddressKey(Convert.FromHexString(asset)) : new AddressKey([.. Someone.Code(asset[..dot]), .. Account(asset[(dot + 1)..])]);
            tokens.Add((id, new Asset { Symbol = asset, Decimals = dot < 0 ? 0 : XrplTokenOptions.DefaultDecimals }));
        }

        return new WatchPlan(Plans.Xrp, tokens, requireTag: false);
    }

    private static string[] Match(JsonNode line, WatchPlan plan, AddressSet addresses, LogRecorder logs)
    {
        TransferList sink = new();
        byte[] header = new byte[LedgerHeaderData.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(header, (uint)Math.Max((long)line["ledger"]!, 10_000_000));
        TransactionMatch match = new(
            plan,
            new HeldPayments("xrpl", logs.CreateLogger("test")),
            addresses,
            sink,
            LedgerHeaderData.Read(header),
            Convert.FromHexString((string)line["tx_blob"]!),
            Convert.FromHexString((string)line["meta_blob"]!),
            Convert.FromHexString((string)line["hash"]!));
        match.Run();
        return [.. sink.Transfers.Select(Describe)];
    }

    private static string Describe(Transfer transfer) =>
        $"{XrplFormat.MainNet.FormatAddress(transfer.To)} {transfer.Asset.Symbol} {transfer.Asset.FormatAmount(transfer.Amount)} {transfer.Tag ?? "-"} {transfer.From ?? "-"}";

    private static IEnumerable<string> Expected(JsonNode line) => line["gains"]!.AsArray().Select(static gain =>
        string.Create(CultureInfo.InvariantCulture, $"{gain!["account"]} {gain["asset"]} {gain["value"]} {(gain["tag"] is { } tag ? tag.ToString() : "-")} {(string?)gain["from"] ?? "-"}"));

    private static byte[] Account(string address) => XrplFormat.MainNet.ParseAddress(address).Bytes[..20].ToArray();
}
