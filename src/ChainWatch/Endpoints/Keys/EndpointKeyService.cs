using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace ChainWatch;

/// <summary>Takes new API keys over when the configuration changes, and writes what happens to keys into the audit log. Keys that the host's code gave stay as they are.</summary>
internal sealed partial class EndpointKeyService : BackgroundService
{
    private const int MostPending = 256;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly ChainRegistry _chains;
    private readonly IConfigurationSection _section;
    private readonly IWatchStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<EndpointKeyService> _logger;
    private readonly Channel<(string Action, string Entity, string Details)> _entries =
        Channel.CreateBounded<(string, string, string)>(new BoundedChannelOptions(MostPending) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Lock _lock = new();
    private readonly Dictionary<EndpointClient, IReadOnlyList<string>> _configured = [];

    public EndpointKeyService(ChainRegistry chains, BoundOptions bound, IWatchStore store, TimeProvider time, ILogger<EndpointKeyService> logger)
    {
        _chains = chains;
        _section = bound.Section;
        _store = store;
        _time = time;
        _logger = logger;
        foreach (EndpointClient client in chains.Chains.SelectMany(static chain => chain.Endpoints))
        {
            client.KeysChanged = (action, details) => _entries.Writer.TryWrite((action, $"{client.Chain}/{client.Name}", details));
        }

        foreach ((EndpointClient client, IReadOnlyList<string> keys) in ReadKeys())
        {
            _configured[client] = keys;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using IDisposable watch = ChangeToken.OnChange(_section.GetReloadToken, TakeOver);

        // What changed before anybody watched.
        TakeOver();
        RetryBackoff backoff = new(FirstWait, LongestWait, Environment.ProcessId);
        await foreach ((string action, string entity, string details) in _entries.Reader.ReadAllAsync(stoppingToken))
        {
            while (true)
            {
                try
                {
                    await _store.AuditAsync(action, entity, details, stoppingToken);
                    backoff.Succeeded();
                    break;
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    LogNotAudited(action, entity, exception.GetType().Name);
                    await Task.Delay(backoff.Failed(), _time, stoppingToken);
                }
            }
        }
    }

    /// <summary>Takes the keys over that the configuration has now.</summary>
    internal void TakeOver()
    {
        lock (_lock)
        {
            foreach ((EndpointClient client, IReadOnlyList<string> keys) in ReadKeys())
            {
                IReadOnlyList<string> before = _configured.GetValueOrDefault(client, []);
                if (keys.SequenceEqual(before, StringComparer.Ordinal))
                {
                    continue;
                }

                if (keys.Count == 0)
                {
                    // A file that is just being written looks like this, and an endpoint that needs keys is of no use without.
                    LogKeysGone(client.Chain, client.Name);
                    continue;
                }

                _configured[client] = keys;
                client.ReplaceKeys([.. client.Keys.Except(before, StringComparer.Ordinal), .. keys]);
            }
        }
    }

    private List<(EndpointClient Client, IReadOnlyList<string> Keys)> ReadKeys()
    {
        List<(EndpointClient, IReadOnlyList<string>)> all = [];
        foreach (ChainRegistration chain in _chains.Chains)
        {
            IConfigurationSection[] endpoints = [.. _section.GetSection($"Chains:{chain.Chain.Name}:{nameof(ChainOptions.Endpoints)}").GetChildren()];

            // Those of the configuration come after those of the code. Another number of them is another configuration, which takes a restart.
            int first = chain.Endpoints.Count - endpoints.Length;
            for (int index = 0; first >= 0 && index < endpoints.Length; index++)
            {
                IEnumerable<string> keys = endpoints[index].GetSection(nameof(EndpointOptions.ApiKeys)).GetChildren().Select(static key => key.Value).OfType<string>();
                all.Add((chain.Endpoints[first + index], [.. keys.Where(static key => !string.IsNullOrWhiteSpace(key))]));
            }
        }

        return all;
    }

    [LoggerMessage(2007, LogLevel.Warning, "{Action} of {Entity} is not in the audit log yet, and is tried again ({Reason})", EventName = "EndpointKeyNotAudited")]
    private partial void LogNotAudited(string action, string entity, string reason);

    [LoggerMessage(2008, LogLevel.Warning, "Chain {Chain}, endpoint {Endpoint}: the configuration has no API keys for it any more; those before stay in use until the next start", EventName = "EndpointKeysGone")]
    private partial void LogKeysGone(string chain, string endpoint);
}
