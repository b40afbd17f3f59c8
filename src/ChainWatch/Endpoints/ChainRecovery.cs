namespace ChainWatch;

/// <summary>
/// What can be tried, step by step, when a chain has fallen silent, short of starting its source anew. Each step returns at once, never throws, and may be called from any
/// thread; what a chain family does not have is <see langword="null"/>. None of them can lose a block: the source reads on from where it stands.
/// </summary>
public sealed class ChainRecovery
{
    /// <summary>For a chain that has none of it.</summary>
    public static ChainRecovery None { get; } = new();

    /// <summary>Opens the feed of pushes anew: a new connection, a new subscription.</summary>
    public Action? Resubscribe { get; init; }

    /// <summary>Lets every endpoint prove again, before it is next used, that it serves this chain, with whatever was learned about it forgotten.</summary>
    public Action? Reconnect { get; init; }

    /// <summary>Asks another endpoint first for a while, where there is one: the silent one may be the only one that is silent.</summary>
    public Action? PreferAnother { get; init; }

    /// <summary>Takes the next of an endpoint's keys into use, by the endpoint's name. False where no endpoint has that name, or it has no other usable key.</summary>
    public Func<string, bool>? RotateKey { get; init; }
}
