using System.Globalization;

namespace ChainWatch;

/// <summary>How one chain was followed at one moment.</summary>
public sealed class ChainHealth
{
    /// <summary>The chain.</summary>
    public required ChainRegistration Registration { get; init; }

    /// <summary>How well it is followed.</summary>
    public required HealthState State { get; init; }

    /// <summary>Why it is not healthy, for people, without secrets; <see langword="null"/> when it is.</summary>
    public string? Reason { get; init; }

    /// <summary>Why it is not ready, in one word: <c>starting</c>, <c>store_unavailable</c>, <c>not_leading</c>, <c>not_connected</c>,
    /// <c>feed_silent</c>, <c>not_committing</c>, <c>sync_lag</c> or <c>process_starved</c>; <see langword="null"/> when it is.</summary>
    public string? NotReady { get; init; }

    /// <summary>What is wrong with the feed of a failing chain; <see cref="FeedVerdict.None"/> while nothing is, or something else.</summary>
    public FeedVerdict Verdict { get; init; }

    /// <summary>True when this instance leads the chain; false on a standby, which is healthy and ready as long as it could take over.</summary>
    public required bool Leading { get; init; }

    /// <summary>The chain's name.</summary>
    public string Name => Registration.Chain.Name;

    /// <summary>The chain's live status.</summary>
    public ChainStatus Status => Registration.Status;

    /// <summary>The verdict as it stands in answers, metrics and logs: <c>stalled_chain</c>, <c>dead_feed</c>, <c>busy_consumer</c> or <c>starved_process</c>; <see langword="null"/> for none.</summary>
    public string? VerdictWord => WordOf(Verdict);

    /// <summary>How long the feed has been silent, or nothing was committed, for a reason that trying something may mend; zero where there is nothing to mend.</summary>
    internal TimeSpan Mendable { get; init; }

    /// <summary>How long what <see cref="Verdict"/> tells has lasted.</summary>
    internal TimeSpan Lasted { get; init; }

    internal static string? WordOf(FeedVerdict verdict) => verdict switch
    {
        FeedVerdict.StalledChain => "stalled_chain",
        FeedVerdict.DeadFeed => "dead_feed",
        FeedVerdict.BusyConsumer => "busy_consumer",
        FeedVerdict.StarvedProcess => "starved_process",
        _ => null,
    };

    internal static ChainHealth Of(ChainRegistration registration, ReadinessOptions readiness, bool started, string? storeError, TimeSpan starved = default)
    {
        ChainStatus status = registration.Status;
        bool leading = status.Leading;
        if (starved > registration.EventTimeout)
        {
            // Before anything else: what else is known of the chain has not changed since, and a leader that became a standby by it has nothing else to time out.
            return new ChainHealth
            {
                Registration = registration,
                Leading = leading,
                State = HealthState.Failing,
                NotReady = "process_starved",
                Reason = $"The process stands still: its thread pool has run nothing for {Seconds(starved)}; the limit is {Seconds(registration.EventTimeout)}. Something blocks all of its threads.",
                Verdict = FeedVerdict.StarvedProcess,
                Lasted = starved,
            };
        }

        (HealthState State, string? NotReady, string? Reason) plain = (HealthState.Healthy, null, null);
        if (storeError is not null)
        {
            plain = (HealthState.Failing, "store_unavailable", storeError);
        }
        else if (!started)
        {
            plain = (HealthState.Degraded, "starting", "The store is being made ready.");
        }
        else if (leading)
        {
            return OfLeader(registration, status, readiness);
        }
        else if (status.RecentError is { } trouble)
        {
            if (status.Retries && OfLeader(registration, status, readiness) is { State: HealthState.Failing } failing)
            {
                // A leader that fails again and again leads for moments only; what it does not get done is no less overdue in between.
                return failing;
            }

            plain = (HealthState.Degraded, "not_leading", trouble);
        }

        return new ChainHealth { Registration = registration, Leading = leading, State = plain.State, NotReady = plain.NotReady, Reason = plain.Reason };
    }

    private static ChainHealth OfLeader(ChainRegistration registration, ChainStatus status, ReadinessOptions readiness)
    {
        FeedState feed = status.ReadFeed();
        TimeSpan limit = registration.EventTimeout;
        string because = status.LastError is { } error ? $" Last error: {error}" : "";

        // Whoever does not ask hears nothing: then the silence says nothing about the feed.
        bool busy = feed.Working * 2 > limit;
        TimeSpan silence = busy ? TimeSpan.Zero : feed.Silence;
        (FeedVerdict verdict, string how, TimeSpan known) = silence * 2 > limit ? Explain(feed, status, limit) : (FeedVerdict.None, "", TimeSpan.Zero);
        if (registration.BlocksOnDemand() && known < silence)
        {
            // Nobody may have asked the chain for a block all the while: what is missed has been missed since something told of it. Counted from the last block, the next one
            // after a quiet hour would be an hour late in the moment in which it is announced and not read yet.
            silence = known;
        }

        TimeSpan mendable = busy ? TimeSpan.Zero : silence > feed.Uncommitted ? silence : feed.Uncommitted;
        if (feed.Working > limit)
        {
            return Failing(
                FeedVerdict.BusyConsumer, "not_committing", feed.Working, $"The consumer is busy: it has been at work for {Seconds(feed.Working)} without taking a block; the limit is {Seconds(limit)}.");
        }

        if (silence > limit)
        {
            return Failing(verdict, "feed_silent", silence, $"No new block for {Seconds(silence)}; the limit is {Seconds(limit)}. {how}");
        }

        if (feed.Uncommitted > limit)
        {
            return Failing(FeedVerdict.BusyConsumer, "not_committing", feed.Uncommitted, $"Blocks are seen, but none was committed for {Seconds(feed.Uncommitted)}; the limit is {Seconds(limit)}.");
        }

        (HealthState state, string? notReady, string? reason) = Judge(feed, status, readiness, limit, because);
        return new ChainHealth { Registration = registration, Leading = status.Leading, State = state, NotReady = notReady, Reason = reason, Mendable = mendable };

        ChainHealth Failing(FeedVerdict verdict, string notReady, TimeSpan lasted, string what) => new()
        {
            Registration = registration,
            Leading = status.Leading,
            State = HealthState.Failing,
            NotReady = notReady,
            Reason = what + because,
            Verdict = verdict,
            Lasted = lasted,
            Mendable = mendable,
        };
    }

    /// <summary>
    /// Tells a chain that stands still from a feed that does not deliver it, by what all its endpoints say; and since when it has been known that something is missing, which is
    /// never where the chain stands still.
    /// </summary>
    private static (FeedVerdict Verdict, string How, TimeSpan Known) Explain(FeedState feed, ChainStatus status, TimeSpan limit)
    {
        IReadOnlyList<EndpointStanding> endpoints = status.Endpoints;
        EndpointStanding? ahead = endpoints.Where(endpoint => endpoint.Up && endpoint.Head > feed.Head).MaxBy(static endpoint => endpoint.Head);
        TimeSpan owed = status.OwedAt(Math.Max(feed.Announced, ahead?.Head ?? -1));
        if (feed.Mute is { } mute && mute > feed.SinceRead)
        {
            string last = feed.Announced < 0 ? "none has come" : $"the last announced height {feed.Announced}";
            return (FeedVerdict.DeadFeed, $"The feed is dead: pushes are subscribed to and mute for {Seconds(mute)} ({last}), while polls have come to height {feed.Head}.", feed.Missed);
        }

        if (ahead is not null)
        {
            return (FeedVerdict.DeadFeed, $"The feed is dead: endpoint '{ahead.Name}' is at height {ahead.Head}, while what is read stays at {feed.Head}.", owed);
        }

        if (feed.Unread)
        {
            return (FeedVerdict.BusyConsumer, "Following it fails again and again, so that nobody reads the feed.", feed.SinceAnswer);
        }

        if (!feed.Connected || feed.SinceAnswer * 2 > limit)
        {
            string answered = feed.HadEvent ? $"The feed is dead: no endpoint has answered for {Seconds(feed.SinceAnswer)}." : "The feed is dead: no endpoint has answered yet.";
            return (FeedVerdict.DeadFeed, answered, feed.SinceAnswer);
        }

        if (feed.Announced > feed.Head)
        {
            return (FeedVerdict.DeadFeed, $"The feed is dead: heads are announced up to height {feed.Announced}, but nothing above {feed.Head} can be read.", owed);
        }

        int agreeing = endpoints.Count(static endpoint => endpoint is { Up: true, Head: not null });
        string flapping = feed.LowestHead < feed.Head ? $", going back and forth between it and {feed.LowestHead}" : "";
        string still = agreeing > 1
            ? $"The chain stands still: all {agreeing} endpoints that answer agree on height {feed.Head}{flapping}."
            : $"The chain stands still, or its only endpoint does: it answers, and stays at height {feed.Head}{flapping}.";
        return (FeedVerdict.StalledChain, still, TimeSpan.Zero);
    }

    private static (HealthState State, string? NotReady, string? Reason) Judge(FeedState feed, ChainStatus status, ReadinessOptions readiness, TimeSpan limit, string because)
    {
        if (!feed.Connected)
        {
            return (HealthState.Degraded, "not_connected", $"{(feed.HadEvent ? "No endpoint answers." : "No endpoint has answered yet.")}{because}");
        }

        if (feed.Lag > readiness.MaxLagBlocks)
        {
            return (HealthState.Degraded, "sync_lag", $"The cursor is {feed.Lag} blocks behind the head; the limit is {readiness.MaxLagBlocks}.{because}");
        }

        if (status.RecentError is { } recent)
        {
            return (HealthState.Degraded, null, recent);
        }

        // The cursor goes on, and nothing else would tell that no payment is confirmed.
        (TimeSpan waited, string how) = status.ReadQuorum();
        if (waited > limit)
        {
            return (HealthState.Degraded, null, $"Confirmations wait: for {Seconds(waited)}, too few endpoints have held a newer block; the limit is {Seconds(limit)}. {how}.");
        }

        return status.PushesLost is { } lost ? (HealthState.Degraded, null, $"There are no pushes, and the chain is polled: {lost}") : (HealthState.Healthy, null, null);
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalSeconds):0} s");
}
