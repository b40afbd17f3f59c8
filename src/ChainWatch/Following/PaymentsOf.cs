namespace ChainWatch;

/// <summary>Makes payments of transfers.</summary>
internal static class PaymentsOf
{
    /// <summary>The payment that a transfer in a block is, with what its policy waits for.</summary>
    public static PaymentFound Found(ConfirmationPolicy policy, Transfer transfer, ChainPoint block)
    {
        Confirmation confirmation = policy.For(transfer);
        return new PaymentFound
        {
            Transfer = transfer,
            Block = block,
            ConfirmationMark = confirmation.Mark,
            ConfirmationHeight = Math.Max(confirmation.HeightFor(block.Height), block.Height + transfer.MaturityBlocks),
        };
    }
}
