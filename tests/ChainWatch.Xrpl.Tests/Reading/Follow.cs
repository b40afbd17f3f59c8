using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Xrpl.Tests;

/// <summary>Follows replay servers with the source that a host would get.</summary>
internal sealed class Follow : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly IAsyncEnumerator<ChainUpdate> _updates;
    private Task<bool> _moving = Task.FromResult(true);

    public Follow(XrplServer[] servers, long? startAt, AddressSet? watched = null, ChainPoint[]? known = null, Action<XrplOptions>? configure = null, bool http = false)
    {
        Registration = Register(servers, Logs, Observed, configure, http);
        Watched = watched ?? Someone.Watch(Someone.Bob);
        _updates = Registration.CreateSource().ReadAsync(
            new SourceRequest { Known = known ?? [], StartHeight = startAt, Watched = () => Watched, Finalized = known is { Length: > 0 } ? known[^1] : null },
            _limit.Token).GetAsyncEnumerator(_limit.Token);
    }

    public ChainRegistration Registration { get; }

    public AddressSet Watched { get; }

    public LogRecorder Logs { get; } = new();

    public Observer Observed { get; } = new();

    public List<ChainPoint> Told { get; } = [];

    public List<string> Payments { get; } = [];

    public static ChainRegistration Register(XrplServer[] servers, LogRecorder logs, Observer observed, Action<XrplOptions>? configure = null, bool http = false)
    {
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<ILoggerFactory>(logs);
        services.AddLogging();
        services.AddSingleton<IEndpointObserver>(observed);
        services.AddChainWatch(watch => watch.AddXrpl("xrpl", xrpl =>
        {
            foreach (XrplServer server in servers)
            {
                xrpl.Endpoints.Add(http ? server.Address : server.WebSocketUrl);
            }

            xrpl.PollInterval = TimeSpan.FromMilliseconds(20);
            xrpl.Tokens.Add("USD", "USD", XrplFormat.FormatAccount(Someone.Issuer));
            configure?.Invoke(xrpl);
        }));
        return services.BuildServiceProvider().GetRequiredService<ChainRegistry>().Get("xrpl");
    }

    /// <summary>Goes on until this many ledgers were told.</summary>
    public async Task ReadAsync(int count)
    {
        while (Told.Count < count)
        {
            ChainUpdate update = await NextAsync();
            update.ShouldNotBeOfType<RollBack>();
            if (update is RollForward forward)
            {
                using Block block = forward.Block;
                Told.Add(block.Header.Point);
                TransferList sink = new();
                block.Match(Watched, sink).ShouldBeTrue();
                Payments.AddRange(sink.Texts);
            }
        }
    }

    public async Task<ChainUpdate> NextAsync()
    {
        _moving = _updates.MoveNextAsync().AsTask();
        (await _moving).ShouldBeTrue();
        return _updates.Current;
    }

    /// <summary>Reads updates in the background until a condition of the server holds.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            (await NextAsync()).ShouldNotBeOfType<RollBack>();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _limit.CancelAsync();
        try
        {
            await Task.WhenAny(_moving);
            await _updates.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // It was broken off, as asked.
        }

        _limit.Dispose();
    }

    /// <summary>Keeps what endpoints were refused for.</summary>
    internal sealed class Observer : IEndpointObserver
    {
        private readonly Lock _lock = new();
        private readonly List<string> _refused = [];
        private readonly List<(string Endpoint, string Method, EndpointErrorKind? Failure)> _requests = [];

        public IReadOnlyList<string> Refused
        {
            get
            {
                lock (_lock)
                {
                    return [.. _refused];
                }
            }
        }

        public IReadOnlyList<(string Endpoint, string Method, EndpointErrorKind? Failure)> Requests
        {
            get
            {
                lock (_lock)
                {
                    return [.. _requests];
                }
            }
        }

        public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration)
        {
            lock (_lock)
            {
                _requests.Add((endpoint, method, failure));
            }
        }

        public void AnswerRefused(string chain, string endpoint, string check)
        {
            lock (_lock)
            {
                _refused.Add($"{endpoint} {check}");
            }
        }
    }
}
