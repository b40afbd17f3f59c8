namespace ChainWatch;

/// <summary>What the watchdog tries when a chain has fallen silent, in this order.</summary>
internal enum RecoveryStep
{
    /// <summary>Subscribe to pushes anew.</summary>
    Resubscribe,

    /// <summary>Let every endpoint prove itself anew.</summary>
    Reconnect,

    /// <summary>Ask another endpoint first.</summary>
    PreferAnother,

    /// <summary>Start the source anew: what hangs in it goes with it.</summary>
    RestartSource,
}
