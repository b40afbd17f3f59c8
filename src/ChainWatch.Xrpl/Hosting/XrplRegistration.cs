using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Xrpl;

/// <summary>Makes an XRP Ledger chain out of its options: assets, endpoints with their pool, and the one reader that all its sources share.</summary>
internal static class XrplRegistration
{
    public const string Kind = "xrpl";
    public const string NativeSymbol = "XRP";

    private const int NativeDecimals = 6;
    private static readonly TimeSpan DefaultBlockTime = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LeastSilence = TimeSpan.FromSeconds(20);

    public static ChainRegistration Create(IServiceProvider services, string name, IConfigurationSection section, Action<XrplOptions>? configure)
    {
        ConfigurationErrors errors = new();
        XrplOptions options = ChainOptions.Load(section, configure, errors);
        Asset? native = options.Native ? new Asset { Symbol = NativeSymbol, Decimals = NativeDecimals } : null;
        List<Asset> assets = native is null ? [] : [native];
        List<(AddressKey Id, Asset Asset)> tokens = [];
        foreach (XrplTokenOptions token in options.Tokens.Where(static token => token.Symbol is not null))
        {
            // Where something is wrong the policy is checked all the same, so that everything that is wrong is told at once.
            Asset asset = new() { Symbol = token.Symbol!, Decimals = Math.Clamp(token.Decimals ?? XrplTokenOptions.DefaultDecimals, 0, 96), Id = token.IssuanceId ?? $"{token.Currency}.{token.Issuer}" };
            assets.Add(asset);
            if (!errors.Any && XrplOptions.ReadId(token, section.Path, errors) is { } id)
            {
                tokens.Add((id, asset));
            }
        }

        ConfirmationPolicy confirmation = options.CreateConfirmationPolicy(assets, section.Path, errors);
        errors.ThrowIfAny();

        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Chain chain = new()
        {
            Name = name,
            Kind = Kind,
            Format = XrplFormat.For(options.NetworkId),
            BlockTime = options.BlockTime ?? DefaultBlockTime,
            Assets = assets,
        };
        ChainStatus status = new(chain, time);
        PolledSourceOptions polling = new()
        {
            PollInterval = options.PollInterval ?? (chain.BlockTime == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(Math.Clamp(chain.BlockTime.TotalMilliseconds / 4, 100, 5000))),
            FinalityDepth = options.FinalityDepth ?? 1,
            BatchSize = options.BatchSize,
            Parallelism = options.Parallelism,
            PrefetchBytes = options.PrefetchBytes,
            Seed = HashCode.Combine(name, Environment.ProcessId),
        };
        ILogger logger = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("ChainWatch.Endpoints");
        LedgerFeed feed = new(status);
        XrplEndpoint[] endpoints = CreateEndpoints(services, chain, options, feed, time, logger);
        WatchPlan plan = new(native, tokens, options.RequireTag);
        EndpointPool<XrplEndpoint> pool = new(endpoints, time, logger);
        XrplBlockReader reader = new(pool, plan, new HeldPayments(name, logger), feed, options.Integrity, options.ObserveOnly);
        status.ReadEndpointsFrom(pool.ReadStandings);
        return new ChainRegistration
        {
            Chain = chain,
            Status = status,
            Options = options,
            Confirmation = confirmation,
            StartHeight = options.GetStartHeight(),
            Endpoints = [.. pool.Endpoints.Select(static endpoint => endpoint.Client)],
            CreateSource = () => new PolledChainSource(chain, reader, polling, status, time),
            Reader = reader,
            StateReader = new XrplStateReader(pool, plan),
            BlocksOnDemand = () => options.BlockTime == TimeSpan.Zero,
            Recovery = new ChainRecovery
            {
                Resubscribe = endpoints.Any(static endpoint => endpoint.Client.HasWebSocket) ? () => Drop(endpoints) : null,
                Reconnect = pool.Reconnect,
                PreferAnother = endpoints.Length > 1 ? pool.PreferAnother : null,
                RotateKey = pool.RotateKey,
            },
        };
    }

    /// <summary>Gives up the connections that there are: the next request opens one anew. What hangs on them must not run on the thread of who asks.</summary>
    private static void Drop(XrplEndpoint[] endpoints) => ThreadPool.UnsafeQueueUserWorkItem(
        static endpoints =>
        {
            foreach (XrplEndpoint endpoint in endpoints)
            {
                endpoint.Dispose();
            }
        },
        endpoints,
        preferLocal: false);

    private static XrplEndpoint[] CreateEndpoints(IServiceProvider services, Chain chain, XrplOptions options, LedgerFeed feed, TimeProvider time, ILogger logger)
    {
        IEndpointObserver? observer = services.GetService<IEndpointObserver>();
        XrplIdentity identity = new(chain.Name, options.NetworkId);
        TimeSpan silence = 5 * chain.BlockTime > LeastSilence ? 5 * chain.BlockTime : LeastSilence;
        XrplEndpoint[] endpoints = new XrplEndpoint[options.Endpoints.Count];
        for (int index = 0; index < endpoints.Length; index++)
        {
            EndpointOptions endpoint = options.Endpoints[index];
            string name = string.IsNullOrEmpty(endpoint.Name) ? string.Create(CultureInfo.InvariantCulture, $"endpoint-{index + 1}") : endpoint.Name;
            EndpointClient client = new(chain.Name, name, endpoint, time, logger, observer, transport: null, seed: HashCode.Combine(name, Environment.ProcessId));
            endpoints[index] = new XrplEndpoint(client, identity, feed, time, silence);
        }

        return endpoints;
    }
}
