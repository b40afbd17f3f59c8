using System.Diagnostics.Metrics;
using System.Numerics;
using System.Text.RegularExpressions;
using ChainWatch.AspNetCore;
using ChainWatch.Evm;
using ChainWatch.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Deploy.Tests;

/// <summary>
/// What /metrics says when everything that can be measured has been measured once: the names and labels that rules and dashboards may use. It comes out of the real
/// instruments and the real writer, so a metric that is renamed, or loses a label, is missed here.
/// </summary>
internal static partial class Exposition
{
    /// <summary>The labels that Prometheus itself puts on every series.</summary>
    public static readonly IReadOnlyList<string> TargetLabels = ["job", "instance"];

    /// <summary>The whole text.</summary>
    public static string Text { get; } = Measure();

    /// <summary>The labels of every metric, by its name in Prometheus.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> Metrics { get; } = Labels();

    /// <summary>The values of the label <c>outcome</c> of a request.</summary>
    public static IReadOnlySet<string> RequestOutcomes { get; } = Values("chainwatch_endpoint_request_duration_seconds_count", "outcome");

    private static string Measure()
    {
        ManualTimeProvider time = new();
        SimulatedChain simulated = new("one", seed: 1, time, TimeSpan.FromSeconds(2));
        ServiceCollection services = new();
        services.AddMetrics();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<TimeProvider>(time);
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddChainWatch(watch => watch.AddSimulated(simulated));
        using ServiceProvider provider = services.BuildServiceProvider();

        // Two label sets at most for one instrument here: what is beyond is dropped, and the count of that is a metric too.
        using PrometheusCollector collector = new(provider.GetRequiredService<IMeterFactory>());
        using PrometheusCollector narrow = new(provider.GetRequiredService<IMeterFactory>(), maxSeries: 1);
        ChainRegistration chain = provider.GetRequiredService<ChainRegistry>().Get("one");
        ChainWatchMetrics metrics = provider.GetRequiredService<ChainWatchMetrics>();
        provider.GetRequiredService<ProcessMetrics>();
        provider.GetRequiredService<ReconciliationMetrics>();
        chain.Status.Led(leading: true, term: 1);
        chain.Status.SawTokens([new TokenMetadata { Asset = simulated.Chain.Assets[0], Decimals = 3 }]);
        ReconciliationRun run = new() { Id = 1, Chain = "one", Request = new ReconciliationRequest(), State = ReconciliationState.Done, RequestedAt = time.GetUtcNow(), EndedAt = time.GetUtcNow() };
        chain.Status.Reconciled(new ReconciliationStatus { Last = run });
        metrics.IsHealthy = static _ => true;
        metrics.VerdictOf = static _ => FeedVerdict.DeadFeed;
        metrics.Track(new ChainRegistration
        {
            Chain = chain.Chain,
            Status = chain.Status,
            Options = chain.Options,
            Confirmation = chain.Confirmation,
            CreateSource = chain.CreateSource,
            FinalAnswers = new FinalAnswers(maxBytes: 1, TimeSpan.FromHours(1), time),
        });
        metrics.Outbox(new OutboxState(1, time.GetUtcNow(), 1), time);
        StoreSpace space = new(new RetentionOptions { Policy = RetentionPolicy.Normal, DatabaseVolume = Path.GetTempPath() });
        space.ReadAsync(new InMemoryWatchStore(), time.GetUtcNow(), CancellationToken.None).GetAwaiter().GetResult();
        metrics.Space = space;
        chain.Status.SawHead(simulated.Head.Point);
        chain.Status.Committed(simulated.Head.Point, finalizedHeight: 0, blocks: 1, events: 1);
        metrics.Reorg("one", 1);
        metrics.FinalityViolated("one");
        metrics.Detected("one", TimeSpan.FromSeconds(1));
        foreach (PaymentEventKind kind in Enum.GetValues<PaymentEventKind>())
        {
            PaymentEvent one = Event(kind, simulated, time);
            metrics.Events(chain, [one]);
            metrics.Delivered(one, TimeSpan.FromSeconds(1));
            metrics.DeliveryFailed(one, parked: true);
        }

        BlockHeader block = new() { Point = simulated.Head.Point, ParentHash = default };
        CommitBatch batch = new()
        {
            Chain = chain.Chain,
            Term = 1,
            Cursor = null,
            WatchSequence = 0,
            Blocks = [block],
            Payments = [],
            Coverage = [],
            Marks = default,
            At = time.GetUtcNow(),
        };
        metrics.Committed(chain, batch, new CommitResult { Outcome = CommitOutcome.Committed }, TimeSpan.FromSeconds(1));
        metrics.WatchdogTicked();
        metrics.Recovering("one", "restart");
        metrics.TakenOver("one", TimeSpan.FromSeconds(1));
        IEndpointObserver endpoints = provider.GetRequiredService<IEndpointObserver>();
        endpoints.RequestCompleted("one", "main", "getBlock", failure: null, TimeSpan.FromSeconds(1));
        foreach (EndpointErrorKind kind in Enum.GetValues<EndpointErrorKind>())
        {
            endpoints.RequestCompleted("one", "main", "getBlock", kind, TimeSpan.FromSeconds(1));
        }

        ParsingMetrics.ReadWithCare("block");
        endpoints.AnswerRefused("one", "main", "bloom");
        endpoints.EndpointDemoted("one", "main", "lagging");
        metrics.BalanceAsked("one", "kept");
        provider.GetRequiredService<ReconciliationMetrics>();
        chain.Status.Reconciled(new ReconciliationStatus
        {
            Last = new ReconciliationRun { Id = 1, Chain = "one", Request = new ReconciliationRequest(), State = ReconciliationState.Done, RequestedAt = time.GetUtcNow(), EndedAt = time.GetUtcNow() },
        });
        using InboundMetrics inbound = new(provider.GetRequiredService<IMeterFactory>());
        inbound.Refused("rate");
        chain.Status.ReadEndpointsFrom(static () => [new EndpointStanding { Name = "main", Up = true, Rank = 1, Head = 1, Lag = 0, RateLimit = 1, Latency = TimeSpan.FromSeconds(1), UsableKeys = 1 }]);
        provider.GetRequiredService<WalletBalances>().Report("one", "hot", "SIM", BigInteger.One, 0);
        return collector.Scrape() + HostRequests() + string.Concat(narrow.Scrape().Split('\n').Where(static line => line.StartsWith("chainwatch_metrics_dropped_total", StringComparison.Ordinal)));
    }

    /// <summary>What ASP.NET Core says of a request to the host: a real one, since its labels are ASP.NET Core's own.</summary>
    private static string HostRequests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        using IHost host = builder.Build();
        WebApplication app = (WebApplication)host;
        using PrometheusCollector collector = new(app.Services.GetRequiredService<IMeterFactory>());
        app.MapGet("/ask", static () => "answer");
        return Task.Run(async () =>
        {
            await app.StartAsync();
            using HttpClient client = new();
            await client.GetStringAsync(new Uri($"{app.Urls.Single()}/ask"));
            await app.StopAsync();
            return collector.Scrape();
        }).GetAwaiter().GetResult();
    }

    private static Dictionary<string, IReadOnlySet<string>> Labels()
    {
        Dictionary<string, IReadOnlySet<string>> labels = new(StringComparer.Ordinal);
        foreach (Match sample in Sample().Matches(Text))
        {
            IReadOnlySet<string> names = Label().Matches(sample.Groups["labels"].Value).Select(static label => label.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
            labels[sample.Groups["name"].Value] = labels.TryGetValue(sample.Groups["name"].Value, out IReadOnlySet<string>? known) ? known.Union(names).ToHashSet(StringComparer.Ordinal) : names;
        }

        return labels;
    }

    private static HashSet<string> Values(string metric, string label) =>
        [.. Sample().Matches(Text).Where(sample => sample.Groups["name"].Value == metric)
            .SelectMany(sample => Label().Matches(sample.Groups["labels"].Value))
            .Where(one => one.Groups["name"].Value == label)
            .Select(static one => one.Groups["value"].Value)];

    private static PaymentEvent Event(PaymentEventKind kind, SimulatedChain chain, TimeProvider time) => new()
    {
        Sequence = 1,
        Kind = kind,
        OccurredAt = time.GetUtcNow(),
        Payment = new Payment
        {
            Chain = "one",
            Id = default,
            TransactionId = "tx",
            To = default,
            Address = "a",
            Asset = chain.Chain.Assets[0].Symbol,
            Amount = 1,
            Status = PaymentStatus.Detected,
            Block = chain.Head.Point,
            ConfirmationMark = ConfirmationMark.Head,
            ConfirmationHeight = 1,
            DetectedAt = time.GetUtcNow(),
            Reference = PaymentReference.For("order", "1"),
        },
    };

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? \S+$", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(?:[^"\\]|\\.)*)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Label();
}
