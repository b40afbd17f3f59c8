using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Bitcoin;

/// <summary>Makes a chain of Bitcoin's kind out of its options: network, nodes with their pool, and the one reader that all its sources share.</summary>
internal static class BitcoinRegistration
{
    private const int CoinDecimals = 8;

    /// <summary>
    /// How deep a block lies when it is taken not to change any more. Test networks have replaced dozens of blocks at once, and a rollback beyond it stops the chain; a reward
    /// that can be spent was never taken back, so what is as deep as that is final.
    /// </summary>
    private const int DefaultFinalityDepth = 100;

    /// <summary>
    /// How many block times of silence make a chain failing. Blocks come at random, so fifteen block times without one happen about once in sixty years; a feed that is dead
    /// shows by its endpoints long before.
    /// </summary>
    private const int SilentBlockTimes = 15;

    /// <summary>How often nodes' pools are looked at. A transaction is there for minutes.</summary>
    private static readonly TimeSpan PoolInterval = TimeSpan.FromSeconds(2);

    public static ChainRegistration Create(IServiceProvider services, string name, IConfigurationSection section, Action<BitcoinOptions>? configure)
    {
        ConfigurationErrors errors = new();
        BitcoinOptions options = ChainOptions.Load(section, configure, errors);
        BitcoinNetwork network = options.CreateNetwork() ?? BitcoinNetwork.Mainnet;
        Asset coin = new() { Symbol = network.Symbol, Decimals = CoinDecimals };
        ConfirmationPolicy confirmation = options.CreateConfirmationPolicy([coin], section.Path, errors);
        errors.ThrowIfAny();

        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Chain chain = new()
        {
            Name = name,
            Kind = "bitcoin",
            Format = new BitcoinFormat(network),
            BlockTime = network.BlockTime,
            Assets = [coin],
        };
        bool onDemand = options.BlockTime == TimeSpan.Zero || (options.BlockTime is null && options.EventTimeout is null && network.IsDevelopment);
        options.EventTimeout ??= SilentBlockTimes * chain.BlockTime;
        ChainStatus status = new(chain, time);
        PolledSourceOptions polling = new()
        {
            PollInterval = options.PollInterval ?? TimeSpan.FromMilliseconds(Math.Clamp(chain.BlockTime.TotalMilliseconds / 4, 100, 5000)),
            FinalityDepth = options.FinalityDepth ?? DefaultFinalityDepth,
            BatchSize = options.BatchSize,
            Parallelism = options.Parallelism,
            PrefetchBytes = options.PrefetchBytes,
            Seed = HashCode.Combine(name, Environment.ProcessId),
        };
        EndpointPool<BitcoinEndpoint> pool = CreatePool(services, chain, options, network, time);
        EndpointPool<BitcoinEndpoint> scans = CreatePool(services, chain, options, network, time, options.ScanTimeout);
        status.ReadEndpointsFrom(pool.ReadStandings);
        TipFeed? feed = CreateFeed(services, chain, options, pool, time);
        BitcoinBlockReader reader = new(pool, network, coin, options.VerifyWitness, feed is null ? null : feed.WaitAsync, options.Integrity, options.ObserveOnly);
        return new ChainRegistration
        {
            Chain = chain,
            Status = status,
            Options = options,
            Confirmation = confirmation,
            StartHeight = options.GetStartHeight(),
            Endpoints = [.. pool.Endpoints.Select(static endpoint => endpoint.Client)],
            CreateSource = () => new PolledChainSource(chain, reader, polling, status, time),
            StateReader = new BitcoinStateReader(scans, coin, time),
            WatchPending = options.Pending ? (watched, tell, cancellation) => new PoolWatch(new PoolReader(pool, network, coin), network, coin, PoolInterval, time).RunAsync(watched, tell, cancellation) : null,
            Reader = reader,

            // A developer's own node mines when it is told to. Whoever configures a time wants to be told all the same.
            BlocksOnDemand = () => onDemand,
            Recovery = new ChainRecovery { Resubscribe = feed is null ? null : feed.Restart, Reconnect = pool.Reconnect, PreferAnother = options.Endpoints.Count > 1 ? pool.PreferAnother : null, RotateKey = pool.RotateKey },
        };
    }

    private static TipFeed? CreateFeed(IServiceProvider services, Chain chain, BitcoinOptions options, EndpointPool<BitcoinEndpoint> pool, TimeProvider time)
    {
        List<ITipListener> listeners = [.. options.Zmq.Select((address, index) => new ZmqListener(index + 1, new Uri(address), time))];
        if (listeners.Count == 0 && options.LongPoll)
        {
            // Half of what a request may take, so that none is cut off by us.
            TimeSpan wait = TimeSpan.FromTicks(options.Endpoints.Min(static endpoint => endpoint.Timeout.Ticks) / 2);
            listeners.Add(new LongPollListener(pool, wait, time));
        }

        ILogger logger = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("ChainWatch.Endpoints");
        return listeners.Count == 0 ? null : new TipFeed(chain.Name, listeners, time, logger, HashCode.Combine(chain.Name, Environment.ProcessId));
    }

    private static EndpointPool<BitcoinEndpoint> CreatePool(IServiceProvider services, Chain chain, BitcoinOptions options, BitcoinNetwork network, TimeProvider time, TimeSpan? timeout = null)
    {
        ILoggerFactory loggers = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        IEndpointObserver? observer = services.GetService<IEndpointObserver>();
        ILogger logger = loggers.CreateLogger("ChainWatch.Endpoints");
        BitcoinEndpoint[] endpoints = new BitcoinEndpoint[options.Endpoints.Count];
        for (int index = 0; index < endpoints.Length; index++)
        {
            EndpointOptions endpoint = timeout is { } longer ? WithTimeout(options.Endpoints[index], longer) : options.Endpoints[index];
            string name = string.IsNullOrEmpty(endpoint.Name) ? string.Create(CultureInfo.InvariantCulture, $"endpoint-{index + 1}") : endpoint.Name;
            EndpointClient client = new(chain.Name, name, endpoint, time, logger, observer, transport: null, seed: HashCode.Combine(name, Environment.ProcessId));
            endpoints[index] = new BitcoinEndpoint(new JsonRpcClient(client, BitcoinErrors.Classify), network);
        }

        return new EndpointPool<BitcoinEndpoint>(endpoints, time, logger);
    }

    private static EndpointOptions WithTimeout(EndpointOptions endpoint, TimeSpan timeout)
    {
        EndpointOptions copy = new() { Name = endpoint.Name, Url = endpoint.Url, CredentialsFile = endpoint.CredentialsFile, Timeout = timeout, MaxResponseBytes = endpoint.MaxResponseBytes };
        foreach (string key in endpoint.ApiKeys)
        {
            copy.ApiKeys.Add(key);
        }

        return copy;
    }
}
