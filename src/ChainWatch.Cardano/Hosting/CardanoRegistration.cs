using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Cardano;

/// <summary>Makes a Cardano chain out of its options: assets, endpoints with their pool, and what all its sources share.</summary>
internal static class CardanoRegistration
{
    public const string Kind = "cardano";
    public const string NativeSymbol = "ADA";

    private const int NativeDecimals = 6;

    /// <summary>The security parameter k of every public network: no rollback is deeper.</summary>
    private const int SecurityParameter = 2160;

    private static readonly TimeSpan DefaultBlockTime = TimeSpan.FromSeconds(20);

    public static ChainRegistration Create(IServiceProvider services, string name, IConfigurationSection section, Action<CardanoOptions>? configure)
    {
        ConfigurationErrors errors = new();
        CardanoOptions options = ChainOptions.Load(section, configure, errors);
        Asset? native = options.Native ? new Asset { Symbol = NativeSymbol, Decimals = NativeDecimals } : null;
        List<Asset> assets = native is null ? [] : [native];
        Dictionary<string, Asset> tokens = new(StringComparer.Ordinal);
        foreach (CardanoTokenOptions token in options.Tokens.Where(static token => token.Symbol is not null))
        {
            // Where something is wrong the policy is checked all the same, so that everything that is wrong is told at once.
            Asset asset = new() { Symbol = token.Symbol!, Decimals = Math.Clamp(token.Decimals, 0, 30), Id = $"{token.Policy}.{token.AssetName}" };
            assets.Add(asset);
            tokens[CardanoOptions.IdOf(token)] = asset;
        }

        ConfirmationPolicy confirmation = options.CreateConfirmationPolicy(assets, section.Path, errors);
        errors.ThrowIfAny();

        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        ILoggerFactory loggers = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        CardanoNetwork network = CardanoNetwork.Find(options.Network)!;
        bool byCredential = string.Equals(options.MatchBy, CardanoOptions.ByCredential, StringComparison.OrdinalIgnoreCase);
        CardanoFormat format = new(network, byCredential);
        Chain chain = new() { Name = name, Kind = Kind, Format = format, BlockTime = options.BlockTime ?? DefaultBlockTime, Assets = assets };
        ChainStatus status = new(chain, time);
        CardanoSourceOptions reading = new()
        {
            Pipelining = options.Pipelining,
            FinalityDepth = options.FinalityDepth ?? SecurityParameter,
            ProbeInterval = options.PollInterval ?? (chain.BlockTime > TimeSpan.Zero ? chain.BlockTime : DefaultBlockTime),
            Checkpoints = [.. network.Checkpoints, .. options.Checkpoints.Select(CardanoPoint.Parse)],
            Seed = HashCode.Combine(name, Environment.ProcessId),
        };
        ILogger logger = loggers.CreateLogger("ChainWatch.Endpoints");
        OgmiosEndpoint[] endpoints = CreateEndpoints(services, chain, options, network, time, logger);
        EndpointPool<OgmiosEndpoint> pool = new(endpoints, time, logger);
        WatchPlan plan = new(format, native, tokens);
        SeenPoints seen = new();
        status.ReadEndpointsFrom(pool.ReadStandings);
        return new ChainRegistration
        {
            Chain = chain,
            Status = status,
            Options = options,
            Confirmation = confirmation,
            StartHeight = options.GetStartHeight(),
            Endpoints = [.. pool.Endpoints.Select(static endpoint => endpoint.Client)],
            CreateSource = () => new CardanoChainSource(pool, plan, seen, reading, status, time, logger),

            // Outputs are asked for by address. Which addresses a payment credential has been used with, no server tells.
            StateReader = byCredential ? null : new CardanoStateReader(pool, plan),
            BlocksOnDemand = () => options.BlockTime == TimeSpan.Zero,
            Recovery = new ChainRecovery
            {
                Resubscribe = () => Drop(endpoints),
                Reconnect = pool.Reconnect,
                PreferAnother = endpoints.Length > 1 ? () => PreferAnother(pool, endpoints) : null,
                RotateKey = pool.RotateKey,
            },
        };
    }

    private static void PreferAnother(EndpointPool<OgmiosEndpoint> pool, OgmiosEndpoint[] endpoints)
    {
        pool.PreferAnother();
        Drop(endpoints);
    }

    /// <summary>Gives up the connections that there are: sources go on over new ones. What hangs on them must not run on the thread of who asks.</summary>
    private static void Drop(OgmiosEndpoint[] endpoints) => ThreadPool.UnsafeQueueUserWorkItem(
        static endpoints =>
        {
            foreach (OgmiosEndpoint endpoint in endpoints)
            {
                endpoint.Drop();
            }
        },
        endpoints,
        preferLocal: false);

    private static OgmiosEndpoint[] CreateEndpoints(IServiceProvider services, Chain chain, CardanoOptions options, CardanoNetwork network, TimeProvider time, ILogger logger)
    {
        IEndpointObserver? observer = services.GetService<IEndpointObserver>();
        OgmiosEndpoint[] endpoints = new OgmiosEndpoint[options.Endpoints.Count];
        for (int index = 0; index < endpoints.Length; index++)
        {
            EndpointOptions endpoint = options.Endpoints[index];
            string name = string.IsNullOrEmpty(endpoint.Name) ? string.Create(CultureInfo.InvariantCulture, $"endpoint-{index + 1}") : endpoint.Name;
            EndpointClient client = new(chain.Name, name, endpoint, time, logger, observer, transport: null, seed: HashCode.Combine(name, Environment.ProcessId));
            endpoints[index] = new OgmiosEndpoint(client, network);
        }

        return endpoints;
    }
}
