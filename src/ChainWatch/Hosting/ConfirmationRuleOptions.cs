namespace ChainWatch;

/// <summary>An exception to a chain's confirmations, as configured.</summary>
public sealed class ConfirmationRuleOptions
{
    /// <summary>The asset's symbol; empty for every asset of the chain.</summary>
    public string? Asset { get; set; }

    /// <summary>The largest amount the rule covers, in whole units of the asset; empty for every amount. It needs <see cref="Asset"/>.</summary>
    public string? UpTo { get; set; }

    /// <summary>When such a payment counts as confirmed: a number of blocks, <c>safe</c> or <c>finalized</c>.</summary>
    public string? Confirmations { get; set; }
}
