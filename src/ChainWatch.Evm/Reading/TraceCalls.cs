namespace ChainWatch.Evm;

/// <summary>How an endpoint traces a block, from the best way down.</summary>
internal enum TraceCalls
{
    /// <summary><c>debug_traceBlockByHash</c> with the call tracer.</summary>
    Debug,

    /// <summary><c>trace_block</c>.</summary>
    Flat,

    /// <summary>Not at all.</summary>
    None,
}
