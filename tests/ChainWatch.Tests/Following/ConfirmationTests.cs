using System.Numerics;

namespace ChainWatch.Tests;

public sealed class ConfirmationTests
{
    [Theory]
    [InlineData("1", ConfirmationMark.Head, 1)]
    [InlineData("12", ConfirmationMark.Head, 12)]
    [InlineData("safe", ConfirmationMark.Safe, 0)]
    [InlineData("Finalized", ConfirmationMark.Finalized, 0)]
    public void Reads_a_number_of_blocks_or_a_mark(string text, ConfirmationMark mark, int depth)
    {
        Confirmation.TryParse(text, out Confirmation confirmation).ShouldBeTrue();
        confirmation.Mark.ShouldBe(mark);
        confirmation.Depth.ShouldBe(depth);
        Confirmation.TryParse(confirmation.ToString(), out Confirmation again).ShouldBeTrue();
        again.ShouldBe(confirmation);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("latest")]
    [InlineData("99999999999")]
    public void Refuses_anything_else(string? text) => Confirmation.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void The_block_of_the_payment_counts_as_the_first()
    {
        Confirmation.Blocks(1).HeightFor(100).ShouldBe(100);
        Confirmation.Blocks(12).HeightFor(100).ShouldBe(111);
        Confirmation.Finalized.HeightFor(100).ShouldBe(100);
        Should.Throw<ArgumentOutOfRangeException>(() => Confirmation.Blocks(0));
    }

    [Fact]
    public void The_first_rule_that_covers_asset_and_amount_decides()
    {
        Asset usdc = new() { Symbol = "USDC", Decimals = 6 };
        Asset ether = new() { Symbol = "ETH", Decimals = 18 };
        ConfirmationPolicy policy = new(
            Confirmation.Finalized,
            new ConfirmationRule { Asset = "USDC", UpTo = 1_000_000, Confirmation = Confirmation.Blocks(1) },
            new ConfirmationRule { Asset = "USDC", Confirmation = Confirmation.Blocks(6) },
            new ConfirmationRule { UpTo = 10, Confirmation = Confirmation.Safe });
        policy.For(Transfer(usdc, 1_000_000)).ShouldBe(Confirmation.Blocks(1));
        policy.For(Transfer(usdc, 1_000_001)).ShouldBe(Confirmation.Blocks(6));
        policy.For(Transfer(ether, 10)).ShouldBe(Confirmation.Safe);
        policy.For(Transfer(ether, 11)).ShouldBe(Confirmation.Finalized);
    }

    private static Transfer Transfer(Asset asset, BigInteger amount) =>
        new() { TransactionId = default, Ordinal = 0, To = new AddressKey([1]), Asset = asset, Amount = amount };
}
