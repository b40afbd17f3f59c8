namespace ChainWatch;

/// <summary>Which end of the chain a payment waits for. When that mark's height reaches the payment's confirmation height, the payment is confirmed.</summary>
public enum ConfirmationMark
{
    /// <summary>The newest block that was committed.</summary>
    Head,

    /// <summary>The newest block that the chain calls safe.</summary>
    Safe,

    /// <summary>The newest block that is final: by the chain's own mark, or by depth where it has none.</summary>
    Finalized,
}
