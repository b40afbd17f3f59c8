namespace ChainWatch.Xrpl;

/// <summary>The kinds of transactions whose meaning goes beyond the balances that they change.</summary>
internal static class TransactionType
{
    public const int Payment = 0;
    public const int EscrowFinish = 2;
    public const int EscrowCancel = 4;
    public const int PaymentChannelClaim = 15;
    public const int CheckCash = 17;
}
