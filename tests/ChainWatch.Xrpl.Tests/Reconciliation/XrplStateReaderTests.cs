using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

public sealed class XrplStateReaderTests
{
    private static readonly AddressKey s_bob = AccountKey.Create(Someone.Bob, tag: null);
    private static readonly ServedLedger[] s_ledgers = FakeLedgers.Chain(4);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Coins_issued_currencies_and_tokens_are_read_at_the_ledger_that_is_asked_for(bool clio, bool http)
    {
        await using XrplServer server = await StartAsync();
        server.Clio = clio;
        server.Entries.Fees(0, 1_000_000, 200_000)
            .Account(FakeLedgers.First, Someone.Bob, 25_000_000, owns: 3).Account(FakeLedgers.First + 2, Someone.Bob, 26_000_001, owns: 4)
            .Line(FakeLedgers.First, Someone.Bob, Someone.Issuer, 1_234_567_890_123_456, -15)
            .Token(FakeLedgers.First, Someone.Bob, ulong.MaxValue >> 1);

        ChainState before = await FoundAsync(server, s_ledgers[1].Point, http, s_bob);
        ChainState after = await FoundAsync(server, s_ledgers[3].Point, http, s_bob);

        before.Point.ShouldBe(s_ledgers[1].Point);
        Describe(before).ShouldBe(["25 XRP, 1.234567890123456 USD, 9223372036854775807 MPT"]);
        Describe(after).ShouldBe(["26.000001 XRP, 1.234567890123456 USD, 9223372036854775807 MPT"]);
        before.Addresses[0].Unspent.ShouldBeNull();
        server.Requests.Where(static request => (string)request["command"]! == "ledger_entry")
            .ShouldAllBe(static request => request.ContainsKey("ledger_hash") && !request.ContainsKey("ledger_index") && (bool)request["binary"]! && (int)request["api_version"]! == 2);
    }

    [Fact]
    public async Task The_reserve_is_told_beside_the_balance_that_holds_it()
    {
        await using XrplServer server = await StartAsync();
        server.Entries.OldFees(0, 20_000_000, 5_000_000).Fees(FakeLedgers.First + 2, 1_000_000, 200_000).Account(0, Someone.Bob, 15_000_000, owns: 3);

        // An account below its reserve still holds what it holds.
        AssetBalance old = (await FoundAsync(server, s_ledgers[1].Point, http: false, s_bob)).Addresses[0].Balances[0];
        AssetBalance now = (await FoundAsync(server, s_ledgers[2].Point, http: false, s_bob)).Addresses[0].Balances[0];

        (old.Amount, old.Reserved).ShouldBe((15_000_000, 35_000_000));
        (now.Amount, now.Reserved).ShouldBe((15_000_000, 1_600_000));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_account_that_is_not_funded_or_was_deleted_holds_nothing(bool clio)
    {
        await using XrplServer server = await StartAsync();
        server.Clio = clio;
        server.Entries.Fees(0, 1, 1).Account(0, Someone.Bob, 5, owns: 0).Gone(FakeLedgers.First + 2, Someone.Bob);

        Describe(await FoundAsync(server, at: null, http: false, s_bob, AccountKey.Create(Someone.Carol, tag: null))).ShouldBe(["0 XRP, 0 USD, 0 MPT", "0 XRP, 0 USD, 0 MPT"]);
        Describe(await FoundAsync(server, s_ledgers[1].Point, http: false, s_bob)).ShouldBe(["0.000005 XRP, 0 USD, 0 MPT"]);
    }

    [Fact]
    public async Task A_trust_line_is_told_as_its_holder_sees_it_whoever_of_the_two_is_low()
    {
        // Alice's account has a lower number than the issuer's, this one a higher.
        byte[] high = [.. Enumerable.Repeat((byte)0xFE, 20)];
        await using XrplServer server = await StartAsync();
        server.Entries.Line(0, Someone.Alice, Someone.Issuer, 7_000_000_000_000_000, -15).Line(0, high, Someone.Issuer, 9_000_000_000_000_000, -15).Line(0, Someone.Carol, Someone.Issuer, -2_000_000_000_000_000, -15);

        ChainState state = await FoundAsync(server, at: null, http: false, AccountKey.Create(Someone.Alice, tag: null), AccountKey.Create(high, tag: null), AccountKey.Create(Someone.Carol, tag: null));

        Describe(state).ShouldBe(["0 XRP, 7 USD, 0 MPT", "0 XRP, 9 USD, 0 MPT", "0 XRP, -2 USD, 0 MPT"]);
    }

    [Fact]
    public async Task What_has_no_balance_or_no_exact_one_is_left_out_and_never_told_as_zero()
    {
        await using XrplServer server = await StartAsync();
        server.Entries.Account(0, Someone.Issuer, 8, owns: 0).Line(0, Someone.Bob, Someone.Issuer, 1_000_000_000_000_001, -60);

        ChainState state = await FoundAsync(server, at: null, http: false, AccountKey.Create(Someone.Bob, tag: 7), AccountKey.Create(Someone.Issuer, tag: null), s_bob);

        // A tag has no balance, an issuer none of its own currency, and what is smaller than the unit cannot be said in it.
        Describe(state).ShouldBe(["", "0.000008 XRP, 0 MPT", "0 XRP, 0 MPT"]);
    }

    [Fact]
    public async Task Another_server_is_asked_where_one_no_longer_holds_the_ledger()
    {
        await using XrplServer partial = await StartAsync();
        await using XrplServer full = await StartAsync();
        partial.HoldsFrom = 2;
        full.Entries.Account(0, Someone.Bob, 5, owns: 0);

        Answer<ChainState> answer = await ReadAsync([partial, full], s_ledgers[1].Point, http: false, s_bob);

        answer.Value.ShouldNotBeNull(answer.Reason).Endpoint.ShouldBe("endpoint-2");
    }

    [Fact]
    public async Task A_ledger_that_is_not_validated_is_not_yet()
    {
        await using XrplServer server = await StartAsync();
        server.Entries.Account(0, Someone.Bob, 5, owns: 0);
        server.Change = static (request, answer) =>
        {
            if (answer["result"] is JsonObject result && (string)request["command"]! == "ledger_entry")
            {
                result["validated"] = false;
            }

            return answer;
        };

        (await ReadAsync([server], s_ledgers[2].Point, http: false, s_bob)).Kind.ShouldBe(AnswerKind.NotYet);
    }

    public static TheoryData<string> Lies =>
    [
        "another ledger", "another index", "another account", "another entry", "no entry at all", "no digits", "odd digits", "cut off", "another currency", "no amount of XRP", "nothing of another ledger",
    ];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task An_answer_that_is_not_of_the_asked_entry_and_ledger_is_refused(string lie)
    {
        await using XrplServer liar = await StartAsync();
        await using XrplServer honest = await StartAsync();
        foreach (XrplServer server in new[] { liar, honest })
        {
            server.Entries.Fees(0, 1, 1).Account(0, Someone.Bob, 5, owns: 0).Line(0, Someone.Bob, Someone.Issuer, 1_000_000_000_000_000, -15);
        }

        switch (lie)
        {
            case "another account":
                liar.Entries.Raw(0, FakeEntries.Address(Someone.Bob), FakeEntries.Of(EntryType.AccountRoot).Amount(Field.Balance, FieldWriter.Drops(77)).Account(Field.Account, Someone.Carol).ToArray());
                break;
            case "another entry":
                liar.Entries.Raw(0, FakeEntries.Address(Someone.Bob), FakeEntries.Of(EntryType.Escrow).Amount(Field.Balance, FieldWriter.Drops(77)).Account(Field.Account, Someone.Bob).ToArray());
                break;
            case "no amount of XRP":
                liar.Entries.Raw(0, FakeEntries.Address(Someone.Bob), FakeEntries.Of(EntryType.AccountRoot).Amount(Field.Balance, FieldWriter.Token(77, Someone.Issuance)).Account(Field.Account, Someone.Bob).ToArray());
                break;
            case "another currency":
                byte[] zero = FieldWriter.Issued(0, 0, Someone.Code("EUR"), Someone.Bob);
                liar.Entries.Raw(0, FakeEntries.PlaceOfLine(Someone.Bob, Someone.Issuer, Someone.Usd), FakeEntries.Of(EntryType.RippleState)
                    .Amount(Field.Balance, FieldWriter.Issued(9_000_000_000_000_000, -15, Someone.Code("EUR"), new byte[20])).Amount(Field.LowLimit, zero).Amount(Field.HighLimit, zero).ToArray());
                break;
            default:
                liar.Change = (request, answer) => (string)request["command"]! == "ledger_entry" ? Lie(lie, request, answer) : answer;
                break;
        }

        Answer<ChainState> answer = await ReadAsync([liar, honest], at: s_ledgers[2].Point, http: false, s_bob);

        ChainState state = answer.Value.ShouldNotBeNull(answer.Reason);
        state.Endpoint.ShouldBe("endpoint-2");
        Describe(state).ShouldBe(["0.000005 XRP, 1 USD, 0 MPT"]);
    }

    private static JsonObject Lie(string lie, JsonObject request, JsonObject answer)
    {
        if (answer["result"] is not JsonObject result)
        {
            if (lie == "nothing of another ledger")
            {
                answer["ledger_hash"] = s_ledgers[1].Hash;
            }

            return answer;
        }

        switch (lie)
        {
            case "another ledger":
                result["ledger_hash"] = s_ledgers[1].Hash;
                break;
            case "another index":
                result["ledger_index"] = FakeLedgers.First + 1;
                break;
            case "no entry at all":
                result.Remove("node_binary");
                break;
            case "no digits":
                result["node_binary"] = "zz";
                break;
            case "odd digits":
                result["node_binary"] = (string)result["node_binary"]! + "1";
                break;
            case "cut off":
                result["node_binary"] = ((string)result["node_binary"]!)[..^2];
                break;
            default:
                break;
        }

        return answer;
    }

    private static Task<XrplServer> StartAsync() => XrplServer.StartAsync(s_ledgers, s_ledgers.Length);

    private static async Task<Answer<ChainState>> ReadAsync(XrplServer[] servers, ChainPoint? at, bool http, params AddressKey[] addresses)
    {
        ChainRegistration registration = Follow.Register(servers, new LogRecorder(), new Follow.Observer(), static options => options.Tokens.Add(new XrplTokenOptions
        {
            Symbol = "MPT",
            IssuanceId = Convert.ToHexString(Someone.Issuance),
            Decimals = 0,
        }), http);
        return await registration.StateReader!.ReadStateAsync(addresses, at, TestContext.Current.CancellationToken);
    }

    private static async Task<ChainState> FoundAsync(XrplServer server, ChainPoint? at, bool http, params AddressKey[] addresses)
    {
        Answer<ChainState> answer = await ReadAsync([server], at, http, addresses);
        return answer.Value.ShouldNotBeNull(answer.Reason);
    }

    private static IEnumerable<string> Describe(ChainState state) =>
        state.Addresses.Select(static address => string.Join(", ", address.Balances.Select(static balance => $"{balance.Asset.FormatAmount(balance.Amount)} {balance.Asset.Symbol}")));
}
