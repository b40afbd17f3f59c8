namespace ChainWatch;

/// <summary>What is wrong with a chain whose feed has fallen silent, whose blocks are not committed, or whose process stands still.</summary>
public enum FeedVerdict
{
    /// <summary>Nothing of the kind.</summary>
    None,

    /// <summary>Every endpoint that answers agrees on an old head: the chain itself stands still.</summary>
    StalledChain,

    /// <summary>The chain goes on, or may well do, but it does not reach this instance: no endpoint answers, another is ahead, or pushes are subscribed to and mute.</summary>
    DeadFeed,

    /// <summary>The feed is ahead and nothing is committed: the store, or the reading of blocks, is what stands still.</summary>
    BusyConsumer,

    /// <summary>The process itself stands still: its thread pool runs nothing any more, so that it neither follows, nor could take over, nor answers.</summary>
    StarvedProcess,
}
