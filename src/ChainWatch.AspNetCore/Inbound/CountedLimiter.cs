using System.Threading.RateLimiting;

namespace ChainWatch.AspNetCore;

/// <summary>A limiter that tells when it is dropped.</summary>
internal sealed class CountedLimiter(ReplenishingRateLimiter inner, Action dropped) : ReplenishingRateLimiter
{
    public override TimeSpan? IdleDuration => inner.IdleDuration;

    public override TimeSpan ReplenishmentPeriod => inner.ReplenishmentPeriod;

    public override bool IsAutoReplenishing => inner.IsAutoReplenishing;

    public override RateLimiterStatistics? GetStatistics() => inner.GetStatistics();

    public override bool TryReplenish() => inner.TryReplenish();

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => inner.AttemptAcquire(permitCount);

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) => inner.AcquireAsync(permitCount, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            dropped();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
