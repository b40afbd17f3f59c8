using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Evm;

/// <summary>Makes an EVM chain out of its options: assets, endpoints with their pool, and the one reader that all its sources share.</summary>
internal static class EvmRegistration
{
    private const int DefaultFinalityDepth = 64;
    private static readonly TimeSpan DefaultBlockTime = TimeSpan.FromSeconds(12);

    public static ChainRegistration Create(IServiceProvider services, string name, IConfigurationSection section, Action<EvmOptions>? configure)
    {
        ConfigurationErrors errors = new();
        EvmOptions options = ChainOptions.Load(section, configure, errors);
        Asset? native = options.Native ? new Asset { Symbol = options.NativeSymbol, Decimals = options.NativeDecimals } : null;
        List<Asset> assets = native is null ? [] : [native];
        List<(EvmAddress Contract, Asset Asset)> tokens = [];
        if (!errors.Any)
        {
            foreach (EvmTokenOptions token in options.Tokens)
            {
                AddressKey contract = EvmFormat.Instance.ParseAddress(token.Contract!);
                Asset asset = new() { Symbol = token.Symbol!, Decimals = token.Decimals!.Value, Id = EvmFormat.Instance.FormatAddress(contract) };
                tokens.Add((new EvmAddress(contract.Bytes), asset));
                assets.Add(asset);
            }
        }
        else
        {
            // The policy is checked all the same, so that everything that is wrong is told at once.
            assets.AddRange(options.Tokens
                .Where(static token => token.Symbol is not null)
                .Select(static token => new Asset { Symbol = token.Symbol!, Decimals = Math.Clamp(token.Decimals ?? 18, 0, 77) }));
        }

        ConfirmationPolicy confirmation = options.CreateConfirmationPolicy(assets, section.Path, errors);
        errors.ThrowIfAny();

        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Chain chain = new()
        {
            Name = name,
            Kind = "evm",
            Format = EvmFormat.Instance,
            BlockTime = options.BlockTime ?? DefaultBlockTime,
            Assets = assets,
        };
        ChainStatus status = new(chain, time);
        PolledSourceOptions polling = new()
        {
            PollInterval = options.PollInterval ?? (chain.BlockTime == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(Math.Clamp(chain.BlockTime.TotalMilliseconds / 4, 100, 5000))),
            FinalityDepth = options.FinalityDepth ?? DefaultFinalityDepth,
            BatchSize = options.BatchSize,
            Parallelism = options.Parallelism,
            PrefetchBytes = options.PrefetchBytes,
            Seed = HashCode.Combine(name, Environment.ProcessId),
        };
        FinalAnswers? kept = options.FinalCacheBytes > 0 ? new FinalAnswers(options.FinalCacheBytes, options.FinalCacheExpiry, time) : null;
        WatchPlan plan = new(native, tokens, options.InternalTransfers, options.Withdrawals);
        (EvmBlockReader reader, EndpointPool<EvmEndpoint> pool, NewHeadsFeed? feed) = CreateReader(services, chain, options, confirmation, plan, kept, status, time);
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
            ReadTokens = tokens.Count > 0 ? new TokenReader(pool, tokens, time).ReadAsync : null,
            StateReader = new EvmStateReader(pool, native, tokens, time),
            Reader = reader,
            FinalAnswers = kept,

            // A developer's own node mines when it is told to. Whoever configures a time wants to be told all the same.
            BlocksOnDemand = () => options.BlockTime == TimeSpan.Zero || (options.BlockTime is null && options.EventTimeout is null && reader.IsDevelopment),
            Recovery = new ChainRecovery { Resubscribe = feed is null ? null : feed.Restart, Reconnect = pool.Reconnect, PreferAnother = options.Endpoints.Count > 1 ? pool.PreferAnother : null, RotateKey = pool.RotateKey },
        };
    }

    private static (EvmBlockReader Reader, EndpointPool<EvmEndpoint> Pool, NewHeadsFeed? Feed) CreateReader(IServiceProvider services, Chain chain, EvmOptions options, ConfirmationPolicy confirmation, WatchPlan plan, FinalAnswers? kept, ChainStatus status, TimeProvider time)
    {
        ILoggerFactory loggers = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        IEndpointObserver? observer = services.GetService<IEndpointObserver>();
        EvmIdentity identity = new(chain.Name, options.ChainId, string.IsNullOrEmpty(options.GenesisHash) ? null : Hash256.Parse(options.GenesisHash));
        ILogger logger = loggers.CreateLogger("ChainWatch.Endpoints");
        EvmEndpoint[] endpoints = new EvmEndpoint[options.Endpoints.Count];
        for (int index = 0; index < endpoints.Length; index++)
        {
            EndpointOptions endpoint = options.Endpoints[index];
            string name = string.IsNullOrEmpty(endpoint.Name) ? string.Create(CultureInfo.InvariantCulture, $"endpoint-{index + 1}") : endpoint.Name;
            EndpointClient client = new(chain.Name, name, endpoint, time, logger, observer, transport: null, seed: HashCode.Combine(name, Environment.ProcessId));
            endpoints[index] = new EvmEndpoint(new JsonRpcClient(client, EvmErrors.Classify) { FinalAnswers = kept }, identity) { FinalityDepth = options.FinalityDepth ?? DefaultFinalityDepth };
        }

        EndpointClient[] pushing = [.. endpoints.Select(static endpoint => endpoint.Client).Where(static client => client.HasWebSocket)];
        EvmReaderSettings settings = new()
        {
            Plan = plan,
            SkippedChecks = CheckLevels.SkippedAt(options.Integrity, options.SkippedChecks),
            ObserveOnly = options.ObserveOnly,
            CatchUp = options.CatchUp,
            FinalityDepth = options.FinalityDepth ?? DefaultFinalityDepth,
            // Several parts of each range are read at once, into buffers that are up to twice as large as what they hold.
            AnswerBytes = Math.Max(64 * 1024, options.PrefetchBytes / (2 * RangeReading.PartsAtOnce * options.Parallelism)),
            AsksForMarks = confirmation.Otherwise.Mark != ConfirmationMark.Head || confirmation.Rules.Any(static rule => rule.Confirmation.Mark != ConfirmationMark.Head),
        };
        NewHeadsFeed? feed = pushing.Length > 0 ? new NewHeadsFeed(pushing, chain.BlockTime, time, logger, HashCode.Combine(chain.Name, Environment.ProcessId), status) : null;
        EndpointPool<EvmEndpoint> pool = new(endpoints, time, logger);
        return (new EvmBlockReader(pool, settings, identity, feed, time), pool, feed);
    }
}
