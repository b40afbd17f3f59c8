using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Blockbook;

/// <summary>Makes a chain that is read through Blockbook out of its options: coin, assets, endpoints with their pool, and the one reader that all its sources share.</summary>
internal static partial class BlockbookRegistration
{
    public const string Kind = "blockbook";

    /// <summary>How many block times of silence make a chain failing whose blocks come at random.</summary>
    private const int SilentBlockTimes = 15;

    /// <summary>How long a request waits for what an instance allows where another instance can be asked.</summary>
    private static readonly TimeSpan WaitBesideOthers = TimeSpan.FromSeconds(1);

    public static ChainRegistration Create(IServiceProvider services, string name, IConfigurationSection section, Action<BlockbookOptions>? configure)
    {
        ConfigurationErrors errors = new();
        BlockbookOptions options = ChainOptions.Load(section, configure, errors);
        Coin coin = options.CreateCoin() ?? Coin.BitcoinMainnet;
        if (string.IsNullOrEmpty(options.Confirmations))
        {
            options.Confirmations = coin.Confirmations;
        }

        Asset? native = options.Native ? new Asset { Symbol = coin.Symbol, Decimals = coin.Decimals } : null;
        List<Asset> assets = native is null ? [] : [native];
        List<(AddressKey Contract, Asset Asset)> tokens = [];
        foreach (BlockbookTokenOptions token in options.Tokens.Where(static token => token.Symbol is not null))
        {
            // Where something is wrong the policy is checked all the same, so that everything that is wrong is told at once.
            Asset asset = new() { Symbol = token.Symbol!, Decimals = token.Decimals ?? 0, Id = token.Contract };
            assets.Add(asset);
            if (!errors.Any)
            {
                tokens.Add((AccountFormat.Instance.ParseAddress(token.Contract!), asset));
            }
        }

        ConfirmationPolicy confirmation = options.CreateConfirmationPolicy(assets, section.Path, errors);
        errors.ThrowIfAny();

        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        ScriptFormat? scripts = coin.Type == CoinType.Bitcoin ? new ScriptFormat(coin) : null;
        Chain chain = new()
        {
            Name = name,
            Kind = Kind,
            Format = scripts is null ? AccountFormat.Instance : scripts,
            BlockTime = coin.BlockTime,
            Assets = assets,
        };
        bool onDemand = options.BlockTime == TimeSpan.Zero || (options.BlockTime is null && options.EventTimeout is null && coin.IsDevelopment);
        if (coin.Type == CoinType.Bitcoin)
        {
            options.EventTimeout ??= SilentBlockTimes * chain.BlockTime;
        }

        ILogger logger = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("ChainWatch.Endpoints");
        bool pushes = options.Endpoints.Any(static endpoint => HasSocket(endpoint));
        ChainStatus status = new(chain, time);
        PolledSourceOptions polling = new()
        {
            PollInterval = options.PollInterval ?? DefaultPollInterval(chain.BlockTime, pushes, options.Limits),
            FinalityDepth = options.FinalityDepth ?? coin.FinalityDepth,
            BatchSize = options.BatchSize,
            Parallelism = options.Parallelism,
            PrefetchBytes = options.PrefetchBytes,
            Seed = HashCode.Combine(name, Environment.ProcessId),
        };
        NewBlockFeed feed = new(status);
        BlockbookEndpoint[] endpoints = CreateEndpoints(services, chain, coin, options, feed, time, logger);
        EndpointPool<BlockbookEndpoint> pool = new(endpoints, time, logger);
        status.ReadEndpointsFrom(pool.ReadStandings);
        WatchPlan plan = new(coin, scripts is null ? new AccountText() : new ScriptText(coin, scripts), native, tokens, options.InternalTransfers);
        BlockbookBlockReader reader = new(pool, plan, new HeldPayments(name, logger), feed, options.RawBlocks);
        TellWhatLimitsCannotDo(name, chain.BlockTime, polling.PollInterval, options, logger);
        return new ChainRegistration
        {
            Chain = chain,
            Status = status,
            Options = options,
            Confirmation = confirmation,
            StartHeight = options.GetStartHeight(),
            CreateSource = () => new PolledChainSource(chain, reader, polling, status, time),
            Reader = reader,
            StateReader = new BlockbookStateReader(pool, plan, chain.Format, time),
            Endpoints = [.. pool.Endpoints.Select(static endpoint => endpoint.Client)],
            BlocksOnDemand = () => onDemand,
            Recovery = new ChainRecovery
            {
                Resubscribe = pushes ? () => Drop(endpoints) : null,
                Reconnect = pool.Reconnect,
                PreferAnother = endpoints.Length > 1 ? pool.PreferAnother : null,
            },
        };
    }

    private static bool HasSocket(EndpointOptions endpoint) => !string.IsNullOrEmpty(endpoint.WebSocketUrl) || !HasHttp(endpoint);

    private static bool HasHttp(EndpointOptions endpoint) => endpoint.Url!.StartsWith("http", StringComparison.OrdinalIgnoreCase);

    /// <summary>By HTTP alone, every look at the head is one of 20 requests a minute.</summary>
    private static TimeSpan DefaultPollInterval(TimeSpan blockTime, bool pushes, BlockbookLimits limits) =>
        pushes || limits == BlockbookLimits.None
            ? TimeSpan.FromMilliseconds(Math.Clamp(blockTime.TotalMilliseconds / 4, 100, 5000))
            : TimeSpan.FromMilliseconds(Math.Clamp(blockTime.TotalMilliseconds / 2, 6000, 15_000));

    /// <summary>Says at once what cannot work: a chain that makes blocks faster than a public instance lets them be read is never caught up with.</summary>
    private static void TellWhatLimitsCannotDo(string chain, TimeSpan blockTime, TimeSpan pollInterval, BlockbookOptions options, ILogger logger)
    {
        if (options.Limits == BlockbookLimits.None || options.Endpoints.Any(static endpoint => endpoint.RequestsPerSecond is not null))
        {
            return;
        }

        bool pushes = options.Endpoints.Any(static endpoint => HasSocket(endpoint));
        double blocks = blockTime > TimeSpan.Zero ? 60 / blockTime.TotalSeconds : 0;
        double needed = blocks + (pushes ? 0.5 : 60 / pollInterval.TotalSeconds);
        int allowed = PublicLimits.Requests * options.Endpoints.Count;
        if (options.Endpoints.All(HasHttp) && needed > allowed)
        {
            LogTooSlow(logger, chain, needed, allowed);
        }
    }

    /// <summary>Gives up the connections that there are: the next request opens one anew. What hangs on them must not run on the thread of who asks.</summary>
    private static void Drop(BlockbookEndpoint[] endpoints) => ThreadPool.UnsafeQueueUserWorkItem(
        static endpoints =>
        {
            foreach (BlockbookEndpoint endpoint in endpoints)
            {
                endpoint.Dispose();
            }
        },
        endpoints,
        preferLocal: false);

    private static BlockbookEndpoint[] CreateEndpoints(IServiceProvider services, Chain chain, Coin coin, BlockbookOptions options, NewBlockFeed feed, TimeProvider time, ILogger logger)
    {
        IEndpointObserver? observer = services.GetService<IEndpointObserver>();
        BlockbookIdentity identity = new(chain.Name, coin);
        BlockbookEndpoint[] endpoints = new BlockbookEndpoint[options.Endpoints.Count];
        for (int index = 0; index < endpoints.Length; index++)
        {
            EndpointOptions endpoint = options.Endpoints[index];
            string name = string.IsNullOrEmpty(endpoint.Name) ? string.Create(CultureInfo.InvariantCulture, $"endpoint-{index + 1}") : endpoint.Name;
            EndpointClient client = new(chain.Name, name, endpoint, time, logger, observer, transport: null, seed: HashCode.Combine(name, Environment.ProcessId));
            bool limited = options.Limits == BlockbookLimits.Public && endpoint.RequestsPerSecond is null;
            TimeSpan patience = endpoints.Length == 1 ? PublicLimits.RequestWindow : WaitBesideOthers;
            endpoints[index] = new BlockbookEndpoint(client, HasHttp(endpoint), identity, feed, limited, patience, time, logger);
        }

        return endpoints;
    }

    [LoggerMessage(
        2303,
        LogLevel.Warning,
        "Chain {Chain}: following it takes about {Needed:0} requests a minute by HTTP, but public instances allow {Allowed}, so it will fall behind. Run an own instance and set Limits to None, give the WebSocket of one with an extended index, or add endpoints",
        EventName = "PublicLimitsTooLow")]
    private static partial void LogTooSlow(ILogger logger, string chain, double needed, int allowed);
}
