namespace ChainWatch.RealNodes.Tests;

/// <summary>The verdict finds what it is there to find: each fault is planted once.</summary>
public sealed class MonitorVerdictTests
{
    private static readonly ChainTransfer[] Truth =
    [
        new("0xt1", "0xa1", "ETH", 5, 1, "0xb1"),
        new("0xt2", "0xa1", "TST", 7, 2, "0xb2"),
        new("0xt2", "0xa1", "TST", 7, 2, "0xb2"),
    ];

    private static readonly MonitorRecords Right = new()
    {
        Payments =
        [
            new("0xt1", 0, "0xA1", "ETH", 5, "confirmed", 1, "0xb1"),
            new("0xt2", 1, "0xA1", "TST", 7, "detected", 2, "0xb2"),
            new("0xt2", 2, "0xA1", "TST", 7, "detected", 2, "0xb2"),
            new("0xt9", 0, "0xA1", "ETH", 9, "retracted", 2, "0xold"),
        ],
        Events =
        [
            new(1, "0xt1", 0, "detected", 1, "0xold"),
            new(2, "0xt9", 0, "detected", 2, "0xold"),
            new(3, "0xt9", 0, "retracted", 2, "0xold"),
            new(5, "0xt1", 0, "moved", 1, "0xb1"),
            new(6, "0xt2", 1, "detected", 2, "0xb2"),
            new(7, "0xt2", 2, "detected", 2, "0xb2"),
            new(8, "0xt1", 0, "confirmed", 1, "0xb1"),
        ],
        Blocks = [new(0, "0xb0", null), new(1, "0xb1", "0xb0"), new(2, "0xb2", "0xb1")],
        Coverage = [(0, 0), (1, 2)],
        Cursor = 2,
        Balances = [new("0xA1", "ETH", 0, 5), new("0xA1", "TST", 14, 0)],
    };

    [Fact]
    public void What_is_right_has_no_fault() => MonitorVerdict.FindFaults(Right, Truth, firstHeight: 0).ShouldBe("");

    [Fact]
    public void A_lost_payment_is_found() =>
        ShouldFind("lost", Right with { Payments = [.. Right.Payments.Skip(1)] });

    [Fact]
    public void One_of_two_equal_payments_that_is_missing_is_found() =>
        ShouldFind("lost", Right with { Payments = [.. Right.Payments.Where(payment => payment.Ordinal != 2)] });

    [Fact]
    public void A_payment_recorded_twice_is_found() =>
        ShouldFind("twice", Right with { Payments = [.. Right.Payments, Right.Payments[0] with { Ordinal = 77 }] });

    [Fact]
    public void Another_amount_is_found() =>
        ShouldFind("lost", Right with { Payments = [Right.Payments[0] with { Amount = 6 }, .. Right.Payments.Skip(1)] });

    [Fact]
    public void A_payment_that_stayed_in_an_abandoned_block_is_found() =>
        ShouldFind("not canonical", Right with { Payments = [.. Right.Payments.Take(3), Right.Payments[3] with { Status = "detected" }] });

    [Fact]
    public void An_event_told_twice_is_found() =>
        ShouldFind("detected after detected", Right with { Events = [.. Right.Events, Right.Events[4] with { Sequence = 9 }] });

    [Fact]
    public void An_event_that_was_never_told_is_found() =>
        ShouldFind("without any event", Right with { Events = [.. Right.Events.Where(one => one.Ordinal != 2)] });

    [Fact]
    public void Events_that_end_elsewhere_than_the_table_are_found() =>
        ShouldFind("fold to something else", Right with { Events = [.. Right.Events.Where(one => one.Kind != "moved")] });

    [Fact]
    public void A_gap_in_the_coverage_is_found() => ShouldFind("gap", Right with { Coverage = [(0, 0), (2, 2)] });

    [Fact]
    public void An_overlap_in_the_coverage_is_found() => ShouldFind("overlap", Right with { Coverage = [(0, 1), (1, 2)] });

    [Fact]
    public void A_coverage_that_ends_before_the_cursor_is_found() => ShouldFind("does not end at the cursor", Right with { Coverage = [(0, 1)] });

    [Fact]
    public void A_block_that_does_not_follow_its_parent_is_found() =>
        ShouldFind("without its parent", Right with { Blocks = [.. Right.Blocks!.Take(2), Right.Blocks![2] with { ParentHash = "0xother" }] });

    [Fact]
    public void A_first_block_that_is_missing_is_found() => ShouldFind("first block", Right with { Blocks = [.. Right.Blocks!.Skip(1)] });

    [Fact]
    public void A_handler_that_heard_all_has_no_fault() => MonitorVerdict.FindFaults(Right with { Handled = Right.Events }, Truth, firstHeight: 0).ShouldBe("");

    [Fact]
    public void A_handler_that_did_not_hear_an_event_is_found() => ShouldFind("did not hear", Right with { Handled = [.. Right.Events.Skip(1)] });

    [Fact]
    public void A_handler_that_heard_an_event_twice_is_found() => ShouldFind("heard twice", Right with { Handled = [.. Right.Events, Right.Events[0]] });

    [Fact]
    public void A_balance_that_the_payments_do_not_add_up_to_is_found() =>
        ShouldFind("balance is wrong", Right with { Handled = Right.Events, Balances = [Right.Balances[0], Right.Balances[1] with { Pending = 7 }] });

    private static void ShouldFind(string fault, MonitorRecords records) => MonitorVerdict.FindFaults(records, Truth, firstHeight: 0).ShouldContain(fault);
}
