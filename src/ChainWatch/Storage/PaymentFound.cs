namespace ChainWatch;

/// <summary>A transfer to a watched address that the follower found in a block, ready to be stored.</summary>
public sealed class PaymentFound
{
    /// <summary>The transfer.</summary>
    public required Transfer Transfer { get; init; }

    /// <summary>The block that holds it.</summary>
    public required ChainPoint Block { get; init; }

    /// <summary>Which end of the chain it waits for.</summary>
    public required ConfirmationMark ConfirmationMark { get; init; }

    /// <summary>The height that <see cref="ConfirmationMark"/> must reach for it to be confirmed.</summary>
    public required long ConfirmationHeight { get; init; }
}
