using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

public sealed class TransactionMatchTests
{

    private static string A(byte[] account) => Someone.Address(account);

    [Fact]
    public void A_partial_payment_of_one_drop_against_a_million_credits_one_drop()
    {
        FakeTransaction payment = FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 1);
        payment.Amount = FieldWriter.Drops(1_000_000);
        payment.Delivered = FieldWriter.Drops(1);

        Plans.Match(payment, Someone.Watch(Someone.Bob)).ShouldBe([$"0 0.000001 XRP to {A(Someone.Bob)} from {A(Someone.Alice)} tag -"]);
    }

    [Fact]
    public void A_partial_payment_of_a_token_credits_what_was_delivered()
    {
        FakeTransaction payment = new()
        {
            Destination = Someone.Bob,
            Amount = FieldWriter.Issued(5_000_000_000_000_000, -13, Someone.Usd, Someone.Issuer),
            Delivered = FieldWriter.Issued(1_234_567_890_123_456, -19, Someone.Usd, Someone.Issuer),
        };

        Plans.Match(payment, Someone.Watch(Someone.Bob)).ShouldBe([$"0 0.0001234567890123456 USD to {A(Someone.Bob)} from {A(Someone.Alice)} tag -"]);
    }

    [Fact]
    public void A_payment_whose_delivered_amount_is_unavailable_is_held_for_review_and_never_credited()
    {
        LogRecorder logs = new();
        FakeTransaction payment = FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 70);

        Plans.Match(payment, Someone.Watch(Someone.Bob), logs, ledger: 4_594_094, closeTime: 445_000_000).ShouldBeEmpty();
        logs.Of("PaymentHeld").ShouldHaveSingleItem().Message.ShouldContain(A(Someone.Bob));
        Plans.Match(payment, Someone.Watch(Someone.Carol), logs, ledger: 4_594_094, closeTime: 445_000_000).ShouldBeEmpty();
        logs.Of("PaymentHeld").Count.ShouldBe(1);
        Plans.Match(payment, Someone.Watch(Someone.Bob), logs, ledger: 4_594_095, closeTime: 445_000_000).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(101)]
    [InlineData(104)]
    public void A_result_other_than_success_credits_nothing(byte result)
    {
        FakeTransaction payment = FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 70);
        payment.Result = result;

        Plans.Match(payment, Someone.Watch(Someone.Bob)).ShouldBeEmpty();
    }

    [Fact]
    public void Tag_0_no_tag_and_other_tags_go_to_who_watches_them()
    {
        AddressSet watched = Someone.Watch((Someone.Bob, null), (Someone.Bob, 0u), (Someone.Bob, 4294967295u));

        Plans.Match(FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 1, tag: 0), watched).ShouldBe([$"0 0.000001 XRP to {A(Someone.Bob)}:0 from {A(Someone.Alice)} tag 0"]);
        Plans.Match(FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 1), watched).ShouldBe([$"0 0.000001 XRP to {A(Someone.Bob)} from {A(Someone.Alice)} tag -"]);
        Plans.Match(FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 1, uint.MaxValue), watched).ShouldBe([$"0 0.000001 XRP to {A(Someone.Bob)}:4294967295 from {A(Someone.Alice)} tag 4294967295"]);
        Plans.Match(FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 1, 7), watched).ShouldBe([$"0 0.000001 XRP to {A(Someone.Bob)} from {A(Someone.Alice)} tag 7"]);
        Plans.Match(FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 1), Someone.Watch((Someone.Bob, 0u))).ShouldBeEmpty();
    }

    [Fact]
    public void Where_a_tag_is_required_a_payment_without_one_is_held()
    {
        LogRecorder logs = new();

        Plans.Match(FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 1), Someone.Watch(Someone.Bob), logs, requireTag: true).ShouldBeEmpty();
        logs.Of("PaymentHeld").ShouldHaveSingleItem().Message.ShouldContain("destination tag");
        Plans.Match(FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 1, 0), Someone.Watch(Someone.Bob), logs, requireTag: true).Count.ShouldBe(1);
    }

    [Fact]
    public void What_the_sender_paid_for_the_transaction_is_no_part_of_what_it_gained()
    {
        FakeTransaction offer = new FakeTransaction { Type = 7, Account = Someone.Bob, Fee = 12 }
            .Balance(Someone.Bob, 1000, 1988)
            .Balance(Someone.Alice, 5000, 4000);

        Plans.Match(offer, Someone.Watch(Someone.Bob, Someone.Alice)).ShouldBe([$"1 0.001 XRP to {A(Someone.Bob)} from - tag -"]);

        FakeTransaction delegated = new FakeTransaction { Type = 7, Account = Someone.Bob, Delegate = Someone.Carol, Fee = 12 }
            .Balance(Someone.Bob, 1000, 2000)
            .Balance(Someone.Carol, 500, 488);
        Plans.Match(delegated, Someone.Watch(Someone.Bob, Someone.Carol)).ShouldBe([$"1 0.001 XRP to {A(Someone.Bob)} from - tag -"]);
    }

    [Fact]
    public void A_deleted_account_brings_its_rest_to_the_destination_with_its_tag()
    {
        FakeTransaction delete = new FakeTransaction { Type = 21, Destination = Someone.Bob, Tag = 5, Delivered = FieldWriter.Drops(900), Fee = 100 }
            .Entry(Field.DeletedNode, EntryType.AccountRoot, previous => previous.Amount(Field.Balance, FieldWriter.Drops(1000)), final => final.Amount(Field.Balance, FieldWriter.Drops(0)).Account(Field.Account, Someone.Alice))
            .Balance(Someone.Bob, 50, 950);

        Plans.Match(delete, Someone.Watch((Someone.Bob, 5u))).ShouldBe([$"3 0.0009 XRP to {A(Someone.Bob)}:5 from {A(Someone.Alice)} tag 5"]);
    }

    [Fact]
    public void A_finished_escrow_brings_its_amount_with_the_tag_of_the_escrow_whoever_finished_it()
    {
        FakeTransaction finish = new FakeTransaction { Type = TransactionType.EscrowFinish, Account = Someone.Carol }
            .Settled(EntryType.Escrow, Someone.Alice, Someone.Bob, 77)
            .Balance(Someone.Bob, 50, 1050)
            .Balance(Someone.Carol, 500, 490);

        Plans.Match(finish, Someone.Watch((Someone.Bob, 77u), (Someone.Carol, null))).ShouldBe([$"3 0.001 XRP to {A(Someone.Bob)}:77 from {A(Someone.Alice)} tag 77"]);
    }

    [Fact]
    public void A_cashed_check_brings_what_it_delivered_from_who_wrote_it()
    {
        FakeTransaction cash = new FakeTransaction { Type = TransactionType.CheckCash, Account = Someone.Bob, Amount = FieldWriter.Drops(1000), Fee = 10 }
            .Settled(EntryType.Check, Someone.Alice, Someone.Bob, 3)
            .Balance(Someone.Bob, 50, 1040)
            .Balance(Someone.Alice, 5000, 4000);

        Plans.Match(cash, Someone.Watch(Someone.Bob)).ShouldBe([$"0 0.001 XRP to {A(Someone.Bob)} from {A(Someone.Alice)} tag 3"]);
    }

    [Fact]
    public void A_claimed_channel_brings_its_amount_and_a_new_account_is_credited_in_full()
    {
        FakeTransaction claim = new FakeTransaction { Type = TransactionType.PaymentChannelClaim, Account = Someone.Alice }
            .Entry(Field.ModifiedNode, EntryType.PayChannel, previous => previous.Amount(Field.Balance, FieldWriter.Drops(0)), final => final.Amount(Field.Balance, FieldWriter.Drops(600)).Account(Field.Account, Someone.Alice).Account(Field.Destination, Someone.Bob))
            .NewAccount(Someone.Bob, 600);

        Plans.Match(claim, Someone.Watch(Someone.Bob)).ShouldBe([$"3 0.0006 XRP to {A(Someone.Bob)} from {A(Someone.Alice)} tag -"]);
    }

    [Fact]
    public void What_a_payment_has_its_destination_trade_is_the_accounts_and_not_the_payers()
    {
        // A hundred dollars to Bob's customer 42 are paid by taking an offer of Bob's own: it sells dollars for XRP.
        FakeTransaction payment = new FakeTransaction { Destination = Someone.Bob, Tag = 42, Amount = FieldWriter.Issued(1_000_000_000_000_000, -13, Someone.Usd, Someone.Issuer) }
            .Balance(Someone.Alice, 1000, 790)
            .Balance(Someone.Bob, 50, 250)
            .Token(Someone.Bob, 100, 150);

        Plans.Match(payment, Someone.Watch((Someone.Bob, 42u), (Someone.Bob, null))).ShouldBe(
        [
            $"0 100 USD to {A(Someone.Bob)}:42 from {A(Someone.Alice)} tag 42",
            $"3 0.0002 XRP to {A(Someone.Bob)} from - tag -",
            $"5 0.5 PTS to {A(Someone.Bob)} from - tag -",
        ]);
        Plans.Match(payment, Someone.Watch((Someone.Bob, 42u))).ShouldBe([$"0 100 USD to {A(Someone.Bob)}:42 from {A(Someone.Alice)} tag 42"]);
    }

    [Fact]
    public void What_a_payment_of_XRP_has_its_destination_buy_is_the_accounts_and_needs_no_tag()
    {
        LogRecorder logs = new();
        FakeTransaction payment = new FakeTransaction { Destination = Someone.Bob, Amount = FieldWriter.Drops(200), Tag = 42 }
            .Balance(Someone.Bob, 500, 450)
            .Line(Someone.Bob, Someone.Issuer, (5_000_000_000_000_000, -15), (7_000_000_000_000_000, -15));
        FakeTransaction untagged = new FakeTransaction { Destination = Someone.Bob, Amount = FieldWriter.Drops(200) }
            .Line(Someone.Bob, Someone.Issuer, (5_000_000_000_000_000, -15), (7_000_000_000_000_000, -15));
        FakeTransaction cash = new FakeTransaction { Type = TransactionType.CheckCash, Account = Someone.Bob, Amount = FieldWriter.Drops(1000) }
            .Settled(EntryType.Check, Someone.Alice, Someone.Bob, 3)
            .Line(Someone.Bob, Someone.Issuer, (5_000_000_000_000_000, -15), (7_000_000_000_000_000, -15));

        Plans.Match(payment, Someone.Watch((Someone.Bob, 42u), (Someone.Bob, null))).ShouldBe(
        [
            $"0 0.0002 XRP to {A(Someone.Bob)}:42 from {A(Someone.Alice)} tag 42",
            $"3 2 USD to {A(Someone.Bob)} from - tag -",
        ]);
        Plans.Match(untagged, Someone.Watch(Someone.Bob), logs, requireTag: true).ShouldBe([$"1 2 USD to {A(Someone.Bob)} from - tag -"]);
        logs.Of("PaymentHeld").Count.ShouldBe(1);
        Plans.Match(cash, Someone.Watch((Someone.Bob, 3u), (Someone.Bob, null))).ShouldBe(
        [
            $"0 0.001 XRP to {A(Someone.Bob)}:3 from {A(Someone.Alice)} tag 3",
            $"3 2 USD to {A(Someone.Bob)} from - tag -",
        ]);
    }

    [Fact]
    public void Paid_in_its_own_currency_an_account_gets_only_that_currency_from_the_payer()
    {
        byte[] euros = Someone.Code("EUR");
        FakeTransaction payment = new FakeTransaction { Destination = Someone.Bob, Tag = 42, Amount = FieldWriter.Issued(2_000_000_000_000_000, -15, euros, Someone.Bob) }
            .Line(Someone.Bob, Someone.Issuer, (5_000_000_000_000_000, -15), (7_000_000_000_000_000, -15));

        Plans.Match(payment, Someone.Watch((Someone.Bob, 42u), (Someone.Bob, null))).ShouldBe([$"1 2 USD to {A(Someone.Bob)} from - tag -"]);
    }

    [Fact]
    public void A_trust_line_is_read_from_the_side_of_its_holder()
    {
        (long, int) five = (5_000_000_000_000_000, -15);
        (long, int) seven = (7_000_000_000_000_000, -15);
        (long, int) minusFive = (-5_000_000_000_000_000, -15);
        (long, int) minusSeven = (-7_000_000_000_000_000, -15);
        FakeTransaction low = new FakeTransaction { Type = 7 }.Line(Someone.Bob, Someone.Issuer, five, seven);
        FakeTransaction high = new FakeTransaction { Type = 7 }.Line(Someone.Issuer, Someone.Bob, minusFive, minusSeven);
        FakeTransaction less = new FakeTransaction { Type = 7 }.Line(Someone.Bob, Someone.Issuer, seven, five);
        FakeTransaction first = new FakeTransaction { Type = 7 }.Line(Someone.Bob, Someone.Issuer, default, five, created: true);
        FakeTransaction other = new FakeTransaction { Type = 7 }.Line(Someone.Bob, Someone.Carol, five, seven);

        Plans.Match(low, Someone.Watch(Someone.Bob, Someone.Issuer)).ShouldBe([$"1 2 USD to {A(Someone.Bob)} from - tag -"]);
        Plans.Match(high, Someone.Watch(Someone.Bob, Someone.Issuer)).ShouldBe([$"1 2 USD to {A(Someone.Bob)} from - tag -"]);
        Plans.Match(first, Someone.Watch(Someone.Bob)).ShouldBe([$"1 5 USD to {A(Someone.Bob)} from - tag -"]);
        Plans.Match(less, Someone.Watch(Someone.Bob, Someone.Issuer)).ShouldBeEmpty();
        Plans.Match(other, Someone.Watch(Someone.Bob)).ShouldBeEmpty();
    }

    [Fact]
    public void A_payment_in_the_destinations_own_currency_is_credited_by_the_trust_lines_that_changed()
    {
        FakeTransaction payment = new FakeTransaction { Destination = Someone.Issuer, Amount = FieldWriter.Issued(2_000_000_000_000_000, -15, Someone.Usd, Someone.Issuer) }
            .Line(Someone.Alice, Someone.Issuer, (5_000_000_000_000_000, -15), (3_000_000_000_000_000, -15));
        FakeTransaction any = new FakeTransaction { Destination = Someone.Bob, Amount = FieldWriter.Issued(2_000_000_000_000_000, -15, Someone.Usd, Someone.Bob) }
            .Line(Someone.Bob, Someone.Issuer, (5_000_000_000_000_000, -15), (7_000_000_000_000_000, -15));

        Plans.Match(payment, Someone.Watch(Someone.Issuer, Someone.Alice)).ShouldBe([$"2 2 USD to {A(Someone.Issuer)} from {A(Someone.Alice)} tag -"]);
        Plans.Match(any, Someone.Watch(Someone.Bob)).ShouldBe([$"1 2 USD to {A(Someone.Bob)} from {A(Someone.Alice)} tag -"]);
    }

    [Theory]
    [InlineData(9_999_999_999_999_999, 22, "99999999999999990000000000000000000000")]
    [InlineData(1_000_000_000_000_000, -40, "0.0000000000000000000000001")]
    [InlineData(1_234_567_890_123_456, -15, "1.234567890123456")]
    [InlineData(9_007_199_254_740_993, -15, "9.007199254740993")]
    public void Token_amounts_are_exact_to_their_last_digit(long mantissa, int exponent, string text)
    {
        FakeTransaction payment = new() { Destination = Someone.Bob, Amount = FieldWriter.Issued(mantissa, exponent, Someone.Usd, Someone.Issuer) };

        Plans.Match(payment, Someone.Watch(Someone.Bob)).ShouldBe([$"0 {text} USD to {A(Someone.Bob)} from {A(Someone.Alice)} tag -"]);
    }

    [Theory]
    [InlineData(1_000_000_000_000_000, 80)]
    [InlineData(9_999_999_999_999_999, 23)]
    [InlineData(1_000_000_000_000_001, -41)]
    [InlineData(1_000_000_000_000_000, -96)]
    public void Token_amounts_that_cannot_be_recorded_exactly_are_held_and_never_rounded(long mantissa, int exponent)
    {
        LogRecorder logs = new();
        FakeTransaction payment = new() { Destination = Someone.Bob, Amount = FieldWriter.Issued(mantissa, exponent, Someone.Usd, Someone.Issuer) };

        Plans.Match(payment, Someone.Watch(Someone.Bob), logs).ShouldBeEmpty();
        logs.Of("PaymentHeld").Count.ShouldBe(1);
    }

    [Fact]
    public void Every_amount_of_the_format_is_exact_in_a_fine_enough_unit()
    {
        for (int exponent = -96; exponent <= 80; exponent++)
        {
            IssuedAmount.Read(FieldWriter.Issued(9_999_999_999_999_999, exponent, Someone.Usd, Someone.Issuer)).Minus(default, 96)
                .ShouldBe(9_999_999_999_999_999 * System.Numerics.BigInteger.Pow(10, exponent + 96));
        }

        IssuedAmount large = new(1_000_000_000_000_000, 80);
        IssuedAmount small = new(1_000_000_000_000_000, -96);
        large.Minus(small, 96).ShouldBe((1_000_000_000_000_000 * System.Numerics.BigInteger.Pow(10, 176)) - 1_000_000_000_000_000);
    }

    [Fact]
    public void Amounts_are_compared_on_both_sides_of_zero()
    {
        IssuedAmount[] ascending =
        [
            new(-1_000_000_000_000_000, 80), new(-2_000_000_000_000_000, -15), new(-1_000_000_000_000_000, -15), new(-9_999_999_999_999_999, -96), default,
            new(9_999_999_999_999_999, -96), new(1_000_000_000_000_000, -15), new(2_000_000_000_000_000, -15), new(1_000_000_000_000_000, 80),
        ];
        for (int one = 0; one < ascending.Length; one++)
        {
            for (int other = 0; other < ascending.Length; other++)
            {
                ascending[one].IsMoreThan(ascending[other]).ShouldBe(one > other, $"{ascending[one]} and {ascending[other]}");
            }
        }
    }

    [Fact]
    public void Multi_purpose_tokens_are_found_by_payment_and_by_balance()
    {
        FakeTransaction payment = new() { Destination = Someone.Bob, Tag = 1, Amount = FieldWriter.Token(12345, Someone.Issuance) };
        FakeTransaction gain = new FakeTransaction { Type = 7 }.Token(Someone.Bob, 100, 150);
        FakeTransaction first = new FakeTransaction { Type = 7 }.Token(Someone.Bob, null, 150);
        FakeTransaction other = new FakeTransaction { Type = 7 }.Token(Someone.Bob, null, 150, otherChange: true);
        AddressSet bob = Someone.Watch(Someone.Bob);

        Plans.Match(payment, bob).ShouldBe([$"0 123.45 PTS to {A(Someone.Bob)} from {A(Someone.Alice)} tag 1"]);
        Plans.Match(gain, bob).ShouldBe([$"1 0.5 PTS to {A(Someone.Bob)} from - tag -"]);
        Plans.Match(first, bob).ShouldBe([$"1 1.5 PTS to {A(Someone.Bob)} from - tag -"]);
        Plans.Match(other, bob).ShouldBeEmpty();
    }

    [Fact]
    public void What_an_account_pays_out_is_nothing_to_credit_however_fine_it_is()
    {
        LogRecorder logs = new();
        Asset usd = new() { Symbol = "USD", Decimals = 6 };
        FakeTransaction paysOut = new FakeTransaction { Destination = Someone.Carol, Amount = FieldWriter.Issued(1_999_999_900_000_000, -15, Someone.Usd, Someone.Issuer), Account = Someone.Bob }
            .Line(Someone.Bob, Someone.Issuer, (7_000_000_000_000_000, -15), (5_000_000_100_000_000, -15));
        FakeTransaction issues = new FakeTransaction { Destination = Someone.Issuer, Amount = FieldWriter.Issued(1_000_000_000_000_000, -15, Someone.Usd, Someone.Issuer) }
            .Line(Someone.Carol, Someone.Issuer, (1_000_000_000_000_000, -15), (1_000_000_100_000_000, -15));
        FakeTransaction gains = new FakeTransaction { Type = 7 }.Line(Someone.Bob, Someone.Issuer, (5_000_000_100_000_000, -15), (7_000_000_000_000_000, -15));

        Plans.Match(paysOut, Someone.Watch(Someone.Bob), logs, usd: usd).ShouldBeEmpty();
        Plans.Match(issues, Someone.Watch(Someone.Issuer), logs, usd: usd).ShouldBeEmpty();
        logs.Of("PaymentHeld").ShouldBeEmpty();
        Plans.Match(gains, Someone.Watch(Someone.Bob), logs, usd: usd).ShouldBeEmpty();
        logs.Of("PaymentHeld").ShouldHaveSingleItem().Message.ShouldContain("finer than the base unit of USD");
    }

    [Fact]
    public void A_format_that_is_newer_than_this_package_stops_loudly()
    {
        byte[] unknown = new FieldWriter().U32(Field.TransactionIndex, 0).Raw(27, 1, new byte[8]).ToArray();

        Should.Throw<LedgerFormatException>(() => ReadAll(unknown)).Message.ShouldContain("unknown type 27");

        static void ReadAll(byte[] bytes)
        {
            FieldReader reader = new(bytes);
            while (reader.Read())
            {
            }
        }
    }

    [Fact]
    public void A_ledger_without_matches_is_matched_without_allocating()
    {
        FakeTransaction[] transactions = [.. Enumerable.Range(0, 50).Select(static i => FakeTransaction.Xrp(Someone.Alice, Someone.Bob, i + 1, (uint)i).Line(Someone.Alice, Someone.Issuer, (1_000_000_000_000_000, -10), (2_000_000_000_000_000, -10)).Token(Someone.Alice, 1, 2))];
        using XrplLedger ledger = LedgerAnswer.ReadLedger(
            System.Text.Encoding.UTF8.GetBytes(ServedLedger.Make(80_000_000, null, transactions).ToResult(transactions: true).ToJsonString()),
            "alpha",
            Plans.All(),
            new HeldPayments("xrpl", new LogRecorder().CreateLogger("test")));
        AddressSet nobody = Someone.Watch(Someone.Account(200), Someone.Account(201));
        TransferList sink = new();
        ledger.Match(nobody, sink);

        long before = GC.GetAllocatedBytesForCurrentThread();
        ledger.Match(nobody, sink);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        ledger.Match(Someone.Watch(Someone.Bob), sink).ShouldBeTrue();
        sink.Transfers.Count.ShouldBe(50);
    }
}
