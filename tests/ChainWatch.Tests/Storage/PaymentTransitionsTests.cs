using System.Numerics;
using ChainWatch.Testing;

namespace ChainWatch.Tests;

public sealed class PaymentTransitionsTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private static readonly Asset Coin = new() { Symbol = "COIN", Decimals = 8 };

    [Fact]
    public void A_new_transfer_is_detected_with_the_reference_of_its_address()
    {
        PaymentChanges changes = Resolve(null, [Found(1, 10)], []);
        Payment payment = changes.Inserted.ShouldHaveSingleItem();
        payment.Status.ShouldBe(PaymentStatus.Detected);
        payment.Reference.ShouldBe(PaymentReference.For("order", "7"));
        payment.Amount.ShouldBe(100);
        changes.Updated.ShouldBeEmpty();
        Kinds(changes).ShouldBe([PaymentEventKind.Detected]);
    }

    [Fact]
    public void A_payment_whose_block_is_replaced_and_not_found_again_is_retracted_with_the_cause()
    {
        PaymentChanges changes = Resolve(Point(9), [], [Stored(1, 10)]);
        changes.Updated.ShouldHaveSingleItem().Status.ShouldBe(PaymentStatus.Retracted);
        changes.Transitions.ShouldHaveSingleItem().Cause.ShouldBe(PaymentTransitions.CauseDropped);
    }

    [Fact]
    public void A_payment_at_the_target_of_the_rollback_stays() => Resolve(Point(10), [], [Stored(1, 10)]).Transitions.ShouldBeEmpty();

    [Theory]
    [InlineData(PaymentStatus.Detected)]
    [InlineData(PaymentStatus.Confirmed)]
    public void A_payment_found_again_in_another_block_is_moved_once_and_keeps_its_status(PaymentStatus status)
    {
        PaymentChanges changes = Resolve(Point(9), [Found(1, 11)], [Stored(1, 10) with { Status = status }]);
        Kinds(changes).ShouldBe([PaymentEventKind.Moved]);
        Payment payment = changes.Updated.ShouldHaveSingleItem();
        payment.Block.Height.ShouldBe(11);
        payment.ConfirmationHeight.ShouldBe(11);
        payment.Status.ShouldBe(status);
    }

    [Fact]
    public void A_payment_whose_very_block_comes_back_has_no_event() => Resolve(Point(9), [Found(1, 10)], [Stored(1, 10)]).Transitions.ShouldBeEmpty();

    [Fact]
    public void A_payment_whose_transaction_pays_differently_in_the_new_branch_is_retracted_and_detected_anew()
    {
        PaymentChanges changes = Resolve(Point(9), [Found(1, 10, branch: 2, amount: 999)], [Stored(1, 10)]);
        Kinds(changes).ShouldBe([PaymentEventKind.Retracted, PaymentEventKind.Detected]);
        changes.Transitions[0].Payment.Amount.ShouldBe(100);
        changes.Transitions[0].Cause.ShouldBe(PaymentTransitions.CauseChanged);
        changes.Updated.ShouldHaveSingleItem().Amount.ShouldBe(999);
    }

    [Fact]
    public void A_retracted_payment_that_is_mined_again_is_detected_again_under_the_same_identity()
    {
        Payment retracted = Stored(1, 10) with { Status = PaymentStatus.Retracted, ConfirmedAt = At };
        PaymentChanges changes = Resolve(null, [Found(1, 12)], [retracted]);
        Kinds(changes).ShouldBe([PaymentEventKind.Detected]);
        Payment payment = changes.Updated.ShouldHaveSingleItem();
        payment.Id.ShouldBe(retracted.Id);
        payment.ConfirmedAt.ShouldBeNull();
    }

    [Fact]
    public void A_transfer_that_is_stored_and_stands_is_not_stored_again() => Resolve(null, [Found(1, 10)], [Stored(1, 10)]).Transitions.ShouldBeEmpty();

    [Fact]
    public void A_retracted_payment_is_not_retracted_again() =>
        Resolve(Point(5), [], [Stored(1, 10) with { Status = PaymentStatus.Retracted }]).Transitions.ShouldBeEmpty();

    [Fact]
    public void What_is_gone_is_told_before_what_has_come()
    {
        PaymentChanges changes = Resolve(Point(9), [Found(2, 10, branch: 2)], [Stored(1, 10)]);
        Kinds(changes).ShouldBe([PaymentEventKind.Retracted, PaymentEventKind.Detected]);
    }

    [Fact]
    public void Several_transfers_of_one_transaction_are_payments_of_their_own()
    {
        PaymentFound second = Found(1, 10);
        PaymentFound other = new()
        {
            Transfer = new Transfer { TransactionId = second.Transfer.TransactionId, Ordinal = 1, To = second.Transfer.To, Asset = Coin, Amount = 100 },
            Block = second.Block,
            ConfirmationMark = second.ConfirmationMark,
            ConfirmationHeight = second.ConfirmationHeight,
        };
        Resolve(null, [second, other], []).Inserted.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("amount")]
    [InlineData("status")]
    [InlineData("block")]
    [InlineData("gone")]
    public void A_record_that_is_repaired_becomes_again_what_was_told_and_nothing_is_told(string changed)
    {
        Payment told = Stored(1, 10) with { Status = PaymentStatus.Confirmed };
        Payment[] rows = changed switch
        {
            "amount" => [told with { Amount = 1 }],
            "status" => [told with { Status = PaymentStatus.Retracted }],
            "block" => [told with { Block = Point(10, branch: 2) }],
            _ => [],
        };

        PaymentChanges changes = Repair([Found(1, 10)], rows, told);

        changes.Transitions.ShouldBeEmpty();
        changes.Inserted.Concat(changes.Updated).ShouldHaveSingleItem().ShouldBe(told);
        changes.Inserted.Count.ShouldBe(rows.Length == 0 ? 1 : 0);
    }

    [Fact]
    public void What_was_told_as_retracted_and_stands_in_the_block_is_detected_anew()
    {
        PaymentChanges changes = Repair([Found(1, 10)], [], Stored(1, 10) with { Status = PaymentStatus.Retracted });

        Kinds(changes).ShouldBe([PaymentEventKind.Detected]);
        changes.Inserted.ShouldHaveSingleItem().Status.ShouldBe(PaymentStatus.Detected);
    }

    [Theory]
    [InlineData(999, 1)]
    [InlineData(100, 2)]
    public void What_was_told_otherwise_than_the_block_holds_it_is_never_written_back(int toldAmount, int toldBranch)
    {
        Payment told = Stored(1, 10) with { Amount = toldAmount, Block = Point(10, toldBranch) };

        PaymentChanges stands = Repair([Found(1, 10)], [Stored(1, 10)], told);
        PaymentChanges gone = Repair([Found(1, 10)], [], told);

        (stands.Inserted.Count + stands.Updated.Count + stands.Transitions.Count).ShouldBe(0, "the row says what the block holds");
        Kinds(gone).ShouldBe([PaymentEventKind.Detected]);
        gone.Inserted.ShouldHaveSingleItem().ShouldBe(Stored(1, 10));
    }

    private static IEnumerable<PaymentEventKind> Kinds(PaymentChanges changes) => changes.Transitions.Select(static one => one.Kind);

    [Theory]
    [InlineData("w", "w:42", true)]
    [InlineData("w:42", "w", true)]
    [InlineData("w:43", "w:42", false)]
    [InlineData("w:43", "w", false)]
    [InlineData("v", "w:42", false)]
    public void Who_of_an_account_and_its_tag_took_a_payment_is_not_decided_anew(string recorded, string found, bool stays)
    {
        SimulatedChain chain = new(hasTags: true);
        PaymentFound now = With(Found(1, 11), Key(found), "42");
        PaymentFound before = With(Found(1, 10), Key(recorded), "42");
        Payment stored = PaymentTransitions.Create(chain.Chain, before, new PaymentId(before.Transfer.TransactionId, 0), reference: null, At);

        PaymentChanges moved = PaymentTransitions.Resolve(chain.Chain, Point(9), [now], [stored], static _ => null, At);
        PaymentChanges lost = PaymentTransitions.Resolve(chain.Chain, rollBackTo: null, [With(Found(1, 10), Key(found), "42")], [], static _ => null, At, [stored]);

        Kinds(moved).ShouldBe(stays ? [PaymentEventKind.Moved] : [PaymentEventKind.Retracted, PaymentEventKind.Detected]);
        Kinds(lost).ShouldBe(stays ? [] : [PaymentEventKind.Detected]);
        moved.Updated.ShouldHaveSingleItem().To.ShouldBe(Key(stays ? recorded : found));
        lost.Inserted.ShouldHaveSingleItem().To.ShouldBe(Key(stays ? recorded : found));

        AddressKey Key(string name) => chain.Chain.Format.ParseAddress(name.IndexOf(':', StringComparison.Ordinal) is int colon and > 0 ? SimulatedFormat.Address(name[..colon]) + name[colon..] : SimulatedFormat.Address(name));
    }

    private static PaymentFound With(PaymentFound found, AddressKey to, string tag) => new()
    {
        Transfer = new Transfer { TransactionId = found.Transfer.TransactionId, Ordinal = 0, To = to, Asset = Coin, Amount = found.Transfer.Amount, Tag = tag },
        Block = found.Block,
        ConfirmationMark = found.ConfirmationMark,
        ConfirmationHeight = found.ConfirmationHeight,
    };

    private static PaymentChanges Resolve(ChainPoint? rollBackTo, PaymentFound[] found, Payment[] existing) =>
        PaymentTransitions.Resolve(PlainFormat.Chain, rollBackTo, found, existing, static _ => PaymentReference.For("order", "7"), At);

    private static PaymentChanges Repair(PaymentFound[] found, Payment[] existing, Payment told) =>
        PaymentTransitions.Resolve(PlainFormat.Chain, rollBackTo: null, found, existing, static _ => PaymentReference.For("order", "7"), At, [told]);

    private static Payment Stored(int transaction, long height)
    {
        PaymentFound found = Found(transaction, height);
        return PaymentTransitions.Create(PlainFormat.Chain, found, new PaymentId(found.Transfer.TransactionId, 0), PaymentReference.For("order", "7"), At);
    }

    private static PaymentFound Found(int transaction, long height, int branch = 1, BigInteger? amount = null) => new()
    {
        Transfer = new Transfer { TransactionId = Hash(transaction, 0), Ordinal = 0, To = new AddressKey([1]), Asset = Coin, Amount = amount ?? 100 },
        Block = Point(height, branch),
        ConfirmationMark = ConfirmationMark.Head,
        ConfirmationHeight = height,
    };

    private static ChainPoint Point(long height, int branch = 1) => new(height, Hash((int)height, branch));

    private static Hash256 Hash(int number, int kind)
    {
        byte[] bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, number);
        bytes[31] = (byte)kind;
        return new Hash256(bytes);
    }
}
