using System.Collections.Concurrent;
using System.Threading.RateLimiting;

namespace ChainWatch.AspNetCore;

/// <summary>
/// The buckets of one kind of client. <see cref="PartitionedRateLimiter"/> makes a bucket for each key that it sees, and drops it once it has stood full for a while: a flood of keys
/// would grow it without bound. So clients beyond the bound share one bucket until others have gone.
/// </summary>
internal sealed class InboundPartitions(int max)
{
    private readonly ConcurrentDictionary<InboundKey, byte> _known = new();
    private int _count;

    /// <summary>How many keys have buckets of their own.</summary>
    public int Count => Volatile.Read(ref _count);

    public RateLimitPartition<InboundKey> Get(InboundKey key, InboundLimitOptions limit)
    {
        // Requests side by side may overshoot the bound by their number, which is bounded too.
        InboundKey own = _known.ContainsKey(key) || Count < max ? key : key with { Name = null };
        return RateLimitPartition.Get<InboundKey>(own, made => Make(made, limit));
    }

    private CountedLimiter Make(InboundKey key, InboundLimitOptions limit)
    {
        if (_known.TryAdd(key, 0))
        {
            Interlocked.Increment(ref _count);
        }

        TokenBucketRateLimiter bucket = new(new TokenBucketRateLimiterOptions
        {
            // One token a period: what is added goes by the time that passed, so rates that are no whole number are kept exactly.
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromTicks(Math.Max(1, (long)(TimeSpan.TicksPerSecond / limit.RequestsPerSecond))),
            TokenLimit = limit.Capacity,
            QueueLimit = 0,
            AutoReplenishment = false,
        });
        return new CountedLimiter(bucket, () => Forget(key));
    }

    private void Forget(InboundKey key)
    {
        if (_known.TryRemove(key, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
