using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Numerics;

namespace ChainWatch;

/// <summary>The instruments of the meter <see cref="ChainWatchTelemetry.MeterName"/>. All tags are bounded: chains, assets, kinds, reference types, endpoint names.</summary>
internal sealed class ChainWatchMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Lock _lock = new();
    private readonly List<ChainRegistration> _chains = [];
    private readonly Counter<long> _blocks;
    private readonly Counter<long> _reorgs;
    private readonly Histogram<long> _reorgDepth;
    private readonly Counter<long> _finalityViolations;
    private readonly Counter<long> _detected;
    private readonly Counter<long> _confirmed;
    private readonly Counter<long> _retracted;
    private readonly Counter<long> _moved;
    private readonly Counter<long> _events;
    private readonly Histogram<double> _value;
    private readonly Histogram<double> _processing;
    private readonly Histogram<double> _detectionLatency;
    private readonly Counter<long> _ticks;
    private readonly Counter<long> _recoveries;
    private readonly Histogram<double> _delivery;
    private readonly Counter<long> _deliveryFailures;
    private readonly Histogram<double> _requests;
    private readonly Histogram<double> _takeOver;
    private readonly Counter<long> _quorumDisagreements;
    private readonly Counter<long> _balanceReads;
    private readonly Counter<long> _secondPassBlocks;
    private readonly Counter<long> _secondPassFound;
    private readonly Counter<long> _pruned;
    private OutboxState _outbox;
    private Func<DateTimeOffset> _now = static () => DateTimeOffset.UnixEpoch;

    /// <param name="scope">The host's meter factory, so that several hosts in one process can be told apart.</param>
    public ChainWatchMetrics(object? scope = null)
    {
        _meter = new Meter(new MeterOptions(ChainWatchTelemetry.MeterName) { Scope = scope });
        _blocks = _meter.CreateCounter<long>("chainwatch.blocks", "{block}", "Blocks committed.");
        _reorgs = _meter.CreateCounter<long>("chainwatch.reorgs", "{reorg}", "Rollbacks of the canonical chain.");
        _reorgDepth = _meter.CreateHistogram<long>("chainwatch.reorg.depth", "{block}", "Blocks replaced by a rollback.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 3, 5, 10, 20, 50, 100] });
        _finalityViolations = _meter.CreateCounter<long>("chainwatch.reorgs.beyond.finality", "{reorg}", "Replacements of blocks that the chain had called final. The process ends with exit code 70.");
        _detected = _meter.CreateCounter<long>("chainwatch.payments.detected", "{payment}", "Payments detected.");
        _confirmed = _meter.CreateCounter<long>("chainwatch.payments.confirmed", "{payment}", "Payments confirmed.");
        _retracted = _meter.CreateCounter<long>("chainwatch.payments.retracted", "{payment}", "Payments retracted by a reorg.");
        _moved = _meter.CreateCounter<long>("chainwatch.payments.moved", "{payment}", "Payments moved to another block by a reorg.");
        _events = _meter.CreateCounter<long>("chainwatch.events", "{event}", "Events of a chain, by type.");
        _value = _meter.CreateHistogram<double>("chainwatch.payment.value", unit: null, "Values of detected payments, in whole units of their asset.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 10, 100, 1_000, 10_000, 100_000] });
        _processing = _meter.CreateHistogram<double>("chainwatch.block.processing.duration", "s", "Time to commit a batch, divided by its blocks.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5] });
        _detectionLatency = _meter.CreateHistogram<double>("chainwatch.payment.detection.latency", "s", "From the first sight of a block's height at its endpoint to the commit of its payments.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30] });
        _ticks = _meter.CreateCounter<long>("chainwatch.watchdog.ticks", "{tick}", "Looks of the watchdog: its own sign of life.");
        _recoveries = _meter.CreateCounter<long>("chainwatch.watchdog.recoveries", "{step}", "Steps that the watchdog took against silence.");
        _delivery = _meter.CreateHistogram<double>("chainwatch.delivery.duration", "s", "Time a handler took until it was acknowledged.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 30] });
        _deliveryFailures = _meter.CreateCounter<long>("chainwatch.delivery.failures", "{delivery}", "Attempts at delivery that failed.");
        _requests = _meter.CreateHistogram<double>("chainwatch.endpoint.request.duration", "s", "Time an endpoint took to answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30] });
        _takeOver = _meter.CreateHistogram<double>("chainwatch.leadership.takeover.duration", "s", "From the moment a chain became free for this instance to its first commit, or to knowing that there was nothing to commit.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30] });
        _quorumDisagreements = _meter.CreateCounter<long>("chainwatch.quorum.disagreements", "{block}", "Blocks about which endpoints that must agree did not.");
        _balanceReads = _meter.CreateCounter<long>("chainwatch.balance.reads", "{question}", "Questions of the host for balances, by what answered them.");
        _secondPassBlocks = _meter.CreateCounter<long>("chainwatch.second.pass.blocks", "{block}", "Final blocks read again through another endpoint.");
        _secondPassFound = _meter.CreateCounter<long>("chainwatch.second.pass.found", "{payment}", "Payments that the first pass had not found and the second did.");
        _pruned = _meter.CreateCounter<long>("chainwatch.retention.pruned", "{row}", "Rows that the store let go, by kind.");
        _meter.CreateObservableGauge("chainwatch.store.size", () => ObserveSpace(static space => space.Last?.Size.Allocated), "By", "Bytes of the store's tables and indexes on disk.");
        _meter.CreateObservableGauge("chainwatch.store.used", () => ObserveSpace(static space => space.Last?.Size.Used), "By", "Bytes of them that hold something; the rest is free for new rows.");
        _meter.CreateObservableGauge("chainwatch.store.database.size", () => ObserveSpace(static space => space.Last?.Size.Database), "By", "Bytes of the whole database.");
        _meter.CreateObservableGauge("chainwatch.store.budget", () => ObserveSpace(static space => space.Threshold), "By", "What the store may use: Retention:DiskThreshold; none where there is no limit.");
        _meter.CreateObservableGauge("chainwatch.store.free", () => ObserveSpace(static space => space.Last?.Free), "By", "Free bytes on the volume of Retention:DatabaseVolume; none where none is named.");
        _meter.CreateObservableGauge("chainwatch.sync.height", () => Observe(static status => status.Cursor?.Height), "{block}", "The height of the last committed block.");
        _meter.CreateObservableGauge("chainwatch.sync.lag", () => Observe(static status => status.Lag), "{block}", "Blocks between the committed block and the head.");
        _meter.CreateObservableGauge("chainwatch.subscriptions", () => Observe(static status => status.Subscriptions), "{subscription}", "Feeds that a chain is followed through.");
        _meter.CreateObservableGauge("chainwatch.feed.silence", () => ObserveSeconds(static chain => chain.Status.TimeSinceLastEvent), "s", "Time since a chain's feed last delivered a tip that advanced.");
        _meter.CreateObservableGauge("chainwatch.feed.timeout", () => ObserveSeconds(static chain => chain.BlocksOnDemand() ? null : chain.EventTimeout), "s",
            "The silence after which a chain is failing: EventTimeout; none for a chain that makes blocks only on demand.");
        _meter.CreateObservableGauge("chainwatch.health", () => Observe(status => IsHealthy is { } healthy ? healthy(status) ? 1 : 0 : null), unit: null, "1 where the chain is healthy, else 0.");
        _meter.CreateObservableGauge("chainwatch.feed.verdict", ObserveVerdicts, unit: null, "1 for what is wrong with the feed of a failing chain, else 0.");
        _meter.CreateObservableGauge("chainwatch.leadership.leader", () => Observe(static status => status.Leading ? 1 : 0), unit: null, "1 where this instance leads the chain.");
        _meter.CreateObservableGauge("chainwatch.leadership.term", () => Observe(static status => status.Term), unit: null, "The term under which this instance leads or last led.");
        _meter.CreateObservableGauge("chainwatch.endpoint.up", () => ObserveEndpoints<int>(static endpoint => endpoint.Up ? 1 : 0), unit: null, "1 where the endpoint answers, else 0.");
        _meter.CreateObservableGauge("chainwatch.endpoint.lag", () => ObserveEndpoints(static endpoint => endpoint.Lag), "{block}",
            "Blocks that an endpoint's head was behind the head that most endpoints of its chain agree on.");
        _meter.CreateObservableGauge("chainwatch.endpoint.rate.limit", () => ObserveEndpoints(static endpoint => endpoint.RateLimit), "{request}/s", "What an endpoint may be asked now.");
        _meter.CreateObservableGauge("chainwatch.endpoint.rank", () => ObserveEndpoints<int>(static endpoint => endpoint.Rank), unit: null, "In which place an endpoint is asked: 1 is asked first.");
        _meter.CreateObservableGauge("chainwatch.endpoint.latency", () => ObserveEndpoints(static endpoint => endpoint.Latency?.TotalSeconds), "s",
            "How long an endpoint's successful answers to the question for the head take, smoothed.");
        _meter.CreateObservableGauge("chainwatch.endpoint.keys.usable", () => ObserveEndpoints(static endpoint => endpoint.UsableKeys), "{key}", "How many of an endpoint's API keys can be used.");
        _meter.CreateObservableCounter("chainwatch.final.cache.reads", ObserveFinalAnswers, "{call}", "Calls about final blocks that back-scans made, by what answered them.");
        _meter.CreateObservableGauge("chainwatch.final.cache.size", () => ObserveOf(static chain => chain.FinalAnswers?.Bytes), "By", "Bytes of memory that kept answers about final blocks take.");
        _meter.CreateObservableGauge("chainwatch.token.contradicted", ObserveTokens, unit: null, "1 for a token whose contract says other decimals than the configuration, else 0.");
        _meter.CreateObservableGauge("chainwatch.outbox.pending", () => _outbox.Pending, "{event}", "Events that wait for delivery.");
        _meter.CreateObservableGauge("chainwatch.outbox.parked", () => _outbox.Parked, "{event}", "Events that failed too often and wait for a person.");
        _meter.CreateObservableGauge("chainwatch.outbox.oldest.age", OldestAge, "s", "Age of the oldest event that waits for delivery.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>How much room the store takes, once somebody looks.</summary>
    public StoreSpace? Space { get; set; }

    /// <summary>Judges a chain's health, once there is something to judge it by.</summary>
    public Func<ChainStatus, bool>? IsHealthy { get; set; }

    /// <summary>Tells what is wrong with a chain's feed, once there is something to tell it by.</summary>
    public Func<ChainStatus, FeedVerdict>? VerdictOf { get; set; }

    /// <summary>Shows a chain in the gauges, and its counters at nothing: a counter that appears with its first event hides that event from whoever asks for its rise.</summary>
    public void Track(ChainRegistration chain)
    {
        lock (_lock)
        {
            _chains.Add(chain);
        }

        KeyValuePair<string, object?> tag = new("chain", chain.Chain.Name);
        _blocks.Add(0, tag);
        _reorgs.Add(0, tag);
        _finalityViolations.Add(0, tag);
        _events.Add(0, tag, new("type", "block"));
        _events.Add(0, tag, new("type", "payment"));
        _quorumDisagreements.Add(0, tag);
        _secondPassBlocks.Add(0, tag);
        _secondPassFound.Add(0, tag);
        Pruned(chain.Chain.Name, blocks: 0, events: 0, coverage: 0, reconciliations: 0);
        _deliveryFailures.Add(0, tag, new("outcome", "retried"));
        _deliveryFailures.Add(0, tag, new("outcome", "parked"));
    }

    /// <summary>Takes the outbox's state over into the gauges.</summary>
    public void Outbox(OutboxState state, TimeProvider time)
    {
        _outbox = state;
        _now = time.GetUtcNow;
    }

    public void Reorg(string chain, long depth)
    {
        KeyValuePair<string, object?> tag = new("chain", chain);
        _reorgs.Add(1, tag);
        _reorgDepth.Record(depth, tag);
    }

    /// <summary>A chain replaced blocks that it had called final.</summary>
    public void FinalityViolated(string chain) => _finalityViolations.Add(1, new KeyValuePair<string, object?>("chain", chain));

    public void Committed(ChainRegistration registration, CommitBatch batch, CommitResult result, TimeSpan elapsed)
    {
        if (batch.Blocks.Count > 0)
        {
            KeyValuePair<string, object?> tag = new("chain", batch.Chain.Name);
            _blocks.Add(batch.Blocks.Count, tag);
            _events.Add(batch.Blocks.Count, tag, new("type", "block"));
            _processing.Record(elapsed.TotalSeconds / batch.Blocks.Count, tag);
        }

        Events(registration, result.Events);
    }

    /// <summary>The time from a head's first sight to the commit of payments in it; meaningful at the tip only.</summary>
    public void Detected(string chain, TimeSpan latency) => _detectionLatency.Record(latency.TotalSeconds, new KeyValuePair<string, object?>("chain", chain));

    public void QuorumDisagreed(string chain) => _quorumDisagreements.Add(1, new KeyValuePair<string, object?>("chain", chain));

    /// <summary>Counts a question for a balance, and what answered it.</summary>
    public void BalanceAsked(string chain, string outcome) => _balanceReads.Add(1, new KeyValuePair<string, object?>("chain", chain), new("outcome", outcome));

    /// <summary>Counts a piece of the second pass, and what it found.</summary>
    public void SecondPass(ChainRegistration registration, int blocks, IReadOnlyList<PaymentEvent> events)
    {
        KeyValuePair<string, object?> tag = new("chain", registration.Chain.Name);
        _secondPassBlocks.Add(blocks, tag);
        _secondPassFound.Add(events.Count(static one => one.Kind == PaymentEventKind.Detected), tag);
        Events(registration, events);
    }

    public void Events(ChainRegistration registration, IReadOnlyList<PaymentEvent> events)
    {
        foreach (PaymentEvent one in events)
        {
            Payment payment = one.Payment;
            TagList tags = new()
            {
                { "chain", payment.Chain },
                { "asset", payment.Asset },
                { "reference.type", payment.Reference?.Type ?? "none" },
            };
            Counter<long> counter = one.Kind switch
            {
                PaymentEventKind.Detected => _detected,
                PaymentEventKind.Confirmed => _confirmed,
                PaymentEventKind.Moved => _moved,
                _ => _retracted,
            };
            counter.Add(1, tags);
            _events.Add(1, new KeyValuePair<string, object?>("chain", payment.Chain), new("type", "payment"));
            if (one.Kind == PaymentEventKind.Detected)
            {
                Asset? asset = registration.Chain.Assets.FirstOrDefault(asset => string.Equals(asset.Symbol, payment.Asset, StringComparison.Ordinal));
                // A histogram is for display: nothing is computed from it.
                _value.Record((double)payment.Amount / Math.Pow(10, asset?.Decimals ?? 0), new KeyValuePair<string, object?>("chain", payment.Chain), new("asset", payment.Asset));
            }
        }
    }

    public void Pruned(string chain, long blocks, long events, long coverage, long reconciliations)
    {
        KeyValuePair<string, object?> tag = new("chain", chain);
        _pruned.Add(blocks, tag, new("kind", "block"));
        _pruned.Add(events, tag, new("kind", "event"));
        _pruned.Add(coverage, tag, new("kind", "coverage"));
        _pruned.Add(reconciliations, tag, new("kind", "reconciliation"));
    }

    public void TakenOver(string chain, TimeSpan elapsed) => _takeOver.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("chain", chain));

    public void WatchdogTicked() => _ticks.Add(1);

    public void Recovering(string chain, string step) => _recoveries.Add(1, new KeyValuePair<string, object?>("chain", chain), new("step", step));

    public void Delivered(PaymentEvent one, TimeSpan elapsed) =>
        _delivery.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("chain", one.Payment.Chain), new("kind", KindOf(one)));

    public void DeliveryFailed(PaymentEvent one, bool parked) =>
        _deliveryFailures.Add(1, new KeyValuePair<string, object?>("chain", one.Payment.Chain), new("outcome", parked ? "parked" : "retried"));

    public void Requested(string chain, string endpoint, string method, string outcome, TimeSpan elapsed) =>
        _requests.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("chain", chain), new("endpoint", endpoint), new("method", method), new("outcome", outcome));

    private static string KindOf(PaymentEvent one) => one.Kind switch
    {
        PaymentEventKind.Detected => "detected",
        PaymentEventKind.Confirmed => "confirmed",
        PaymentEventKind.Moved => "moved",
        _ => "retracted",
    };

    private Measurement<long>[] ObserveSpace(Func<StoreSpace, long?> measure) => Space is { } space && measure(space) is { } bytes ? [new Measurement<long>(bytes)] : [];

    private double OldestAge() => _outbox.OldestAt is { } oldest ? Math.Max(0, (_now() - oldest).TotalSeconds) : 0;

    private List<Measurement<int>> ObserveTokens()
    {
        List<Measurement<int>> all = [];
        lock (_lock)
        {
            foreach (ChainStatus status in _chains.Select(static chain => chain.Status))
            {
                all.AddRange(status.Tokens.Select(token => new Measurement<int>(token.Contradicts ? 1 : 0, new KeyValuePair<string, object?>("chain", status.Chain.Name), new("asset", token.Asset.Symbol))));
            }
        }

        return all;
    }

    private List<Measurement<long>> ObserveFinalAnswers()
    {
        List<Measurement<long>> all = [];
        lock (_lock)
        {
            foreach (ChainRegistration chain in _chains)
            {
                if (chain.FinalAnswers is { } answers)
                {
                    KeyValuePair<string, object?> tag = new("chain", chain.Chain.Name);
                    all.Add(new Measurement<long>(answers.Kept, tag, new("outcome", "kept")));
                    all.Add(new Measurement<long>(answers.Shared, tag, new("outcome", "shared")));
                    all.Add(new Measurement<long>(answers.Read, tag, new("outcome", "read")));
                }
            }
        }

        return all;
    }

    private List<Measurement<long>> Observe(Func<ChainStatus, long?> measure) => ObserveOf(chain => measure(chain.Status));

    private List<Measurement<long>> ObserveOf(Func<ChainRegistration, long?> measure)
    {
        List<Measurement<long>> all = [];
        lock (_lock)
        {
            foreach (ChainRegistration chain in _chains)
            {
                if (measure(chain) is { } value)
                {
                    all.Add(new Measurement<long>(value, new KeyValuePair<string, object?>("chain", chain.Chain.Name)));
                }
            }
        }

        return all;
    }

    private List<Measurement<T>> ObserveEndpoints<T>(Func<EndpointStanding, T?> measure)
        where T : struct
    {
        List<Measurement<T>> all = [];
        lock (_lock)
        {
            foreach (ChainStatus status in _chains.Select(static chain => chain.Status))
            {
                foreach (EndpointStanding endpoint in status.Endpoints)
                {
                    if (measure(endpoint) is { } value)
                    {
                        all.Add(new Measurement<T>(value, new KeyValuePair<string, object?>("chain", status.Chain.Name), new("endpoint", endpoint.Name)));
                    }
                }
            }
        }

        return all;
    }

    private List<Measurement<int>> ObserveVerdicts()
    {
        List<Measurement<int>> all = [];
        lock (_lock)
        {
            foreach (ChainStatus status in _chains.Select(static chain => chain.Status))
            {
                FeedVerdict said = VerdictOf?.Invoke(status) ?? FeedVerdict.None;
                foreach (FeedVerdict verdict in Enum.GetValues<FeedVerdict>())
                {
                    if (ChainHealth.WordOf(verdict) is { } word)
                    {
                        all.Add(new Measurement<int>(verdict == said ? 1 : 0, new KeyValuePair<string, object?>("chain", status.Chain.Name), new("verdict", word)));
                    }
                }
            }
        }

        return all;
    }

    private List<Measurement<double>> ObserveSeconds(Func<ChainRegistration, TimeSpan?> measure)
    {
        List<Measurement<double>> all = [];
        lock (_lock)
        {
            foreach (ChainRegistration chain in _chains)
            {
                if (measure(chain) is { } time)
                {
                    all.Add(new Measurement<double>(time.TotalSeconds, new KeyValuePair<string, object?>("chain", chain.Chain.Name)));
                }
            }
        }

        return all;
    }
}
