namespace ChainWatch;

/// <summary>In which order endpoints are asked.</summary>
internal static class EndpointOrder
{
    private const int EnoughSuccesses = 5;

    /// <summary>How much faster another must be to take over, and to stay: so that two that are about equal do not take turns.</summary>
    private const double TakesOver = 0.7;
    private const double Stays = 0.9;
    private static readonly TimeSpan Hurdle = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// Sorts: the fewest demerits first, and among those the configured order, except that one that is clearly faster than the first takes its place.
    /// </summary>
    /// <param name="fit">The endpoints in their configured order.</param>
    /// <param name="first">The one that was asked first so far; <see langword="null"/> for none.</param>
    /// <param name="now">Now.</param>
    public static List<EndpointRating> Sort(IEnumerable<EndpointRating> fit, EndpointRating? first, DateTimeOffset now)
    {
        List<EndpointRating> order = [.. fit.OrderBy(rating => rating.Demerits(now))];
        if (order.Count < 2)
        {
            return order;
        }

        int demerits = order[0].Demerits(now);
        EndpointRating home = order[0];
        EndpointRating best = home;
        foreach (EndpointRating other in order.TakeWhile(rating => rating.Demerits(now) == demerits).Skip(1))
        {
            if (other.Successes >= EnoughSuccesses && other.Latency < (best.Latency ?? double.MaxValue) && IsClearlyFaster(other, home, stays: other == first))
            {
                best = other;
            }
        }

        order.Remove(best);
        order.Insert(0, best);
        return order;
    }

    private static bool IsClearlyFaster(EndpointRating other, EndpointRating home, bool stays) =>
        home is { Successes: >= EnoughSuccesses, Latency: { } slow } && other.Latency < slow * (stays ? Stays : TakesOver) && slow - other.Latency > Hurdle.TotalSeconds * (stays ? 0.5 : 1);
}
