namespace ChainWatch.Tests;

public sealed class PaymentsOfTests
{
    [Theory]
    [InlineData("6", 0, 105)]
    [InlineData("6", 100, 200)]
    [InlineData("200", 100, 299)]
    [InlineData("finalized", 0, 100)]
    [InlineData("finalized", 100, 200)]
    public void A_payment_is_not_confirmed_before_what_it_moved_can_be_spent(string confirmations, int maturity, long height)
    {
        Confirmation.TryParse(confirmations, out var confirmation).ShouldBeTrue();
        var transfer = new Transfer
        {
            TransactionId = default,
            Ordinal = 0,
            To = new AddressKey([1]),
            Asset = new Asset { Symbol = "BTC", Decimals = 8 },
            Amount = 50,
            MaturityBlocks = maturity,
        };

        PaymentsOf.Found(new ConfirmationPolicy(confirmation), transfer, new ChainPoint(100, default)).ConfirmationHeight.ShouldBe(height);
    }
}
