namespace ChainWatch;

/// <summary>
/// What every chain can be configured with, in code and under <c>ChainWatch:Chains:&lt;name&gt;</c>. Each chain family adds its own to it.
/// </summary>
public class ChainOptions
{
    /// <summary>The chain family, for hosts that are wired by configuration alone: <c>evm</c>, <c>bitcoin</c>, <c>blockbook</c>, <c>cardano</c> or <c>xrpl</c>.</summary>
    public string? Kind { get; set; }

    /// <summary>The endpoints that serve the chain, at least one.</summary>
    public IList<EndpointOptions> Endpoints { get; } = [];

    /// <summary>Where to begin on the first run.</summary>
    /// <value><c>latest</c> or a height. The default is <c>latest</c>.</value>
    public string StartAt { get; set; } = "latest";

    /// <summary>When a payment counts as confirmed.</summary>
    /// <value>A number of blocks from 1 up, the payment's own counted, or <c>safe</c> or <c>finalized</c>. The default is <c>finalized</c>.</value>
    public string Confirmations { get; set; } = "finalized";

    /// <summary>Exceptions to <see cref="Confirmations"/> by asset and amount, tried in this order.</summary>
    public IList<ConfirmationRuleOptions> ConfirmationRules { get; } = [];

    /// <summary>How deep a block lies under the head when it counts as final, on chains or nodes that have no such mark of their own.</summary>
    /// <value>Blocks, from 1 up. <see langword="null"/> (the default) takes the chain family's own.</value>
    public int? FinalityDepth { get; set; }

    /// <summary>The usual time between two blocks.</summary>
    /// <value><see langword="null"/> (the default) takes the chain family's own.</value>
    public TimeSpan? BlockTime { get; set; }

    /// <summary>How often the head is asked for while no push announces it.</summary>
    /// <value><see langword="null"/> (the default): a quarter of the block time, between 100 ms and 5 s.</value>
    public TimeSpan? PollInterval { get; set; }

    /// <summary>The silence that makes the chain failing.</summary>
    /// <value><see langword="null"/> (the default): thirty block times, between 30 s and 5 minutes.</value>
    public TimeSpan? EventTimeout { get; set; }

    /// <summary>How many blocks are asked for at once while catching up.</summary>
    /// <value>1 to 10,000. The default is 100; endpoints' limits are learned and kept to.</value>
    public int BatchSize { get; set; } = 100;

    /// <summary>How many requests for blocks run side by side while catching up.</summary>
    /// <value>1 to 64. The default is 4.</value>
    public int Parallelism { get; set; } = 4;

    /// <summary>Addresses to watch from the start, for hosts that are wired by configuration alone.</summary>
    public IList<string> Addresses { get; } = [];
}
