using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Cardano.Tests;

/// <summary>Follows replay servers with the source that a host would get, and writes down what it tells.</summary>
internal sealed class Follow : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly IAsyncEnumerator<ChainUpdate> _updates;
    private Task<bool> _moving = Task.FromResult(true);
    private Task<ChainUpdate>? _next;

    public Follow(OgmiosServer[] servers, long? startAt = null, ChainPoint[]? known = null, long? endAt = null, Action<CardanoOptions>? configure = null, ChainRegistration? registration = null, Func<long, ChainPoint?>? pointBelow = null)
    {
        Registration = registration ?? Register(servers, Logs, configure);
        _updates = Registration.CreateSource().ReadAsync(
            new SourceRequest { Known = known ?? [], StartHeight = startAt, EndHeight = endAt, Watched = () => Watched, Finalized = null, PointBelow = pointBelow is null ? null : (height, _) => new(pointBelow(height)) },
            _limit.Token).GetAsyncEnumerator(_limit.Token);
    }

    public ChainRegistration Registration { get; }

    public AddressSet Watched { get; } = Someone.Watch(Someone.Bob);

    public LogRecorder Logs { get; } = new();

    /// <summary>The points that stand, rollbacks taken off.</summary>
    public List<ChainPoint> Told { get; } = [];

    public List<RollBack> RollBacks { get; } = [];

    public List<BlockHeader> Headers { get; } = [];

    public int Idles { get; private set; }

    public ChainTip? Tip { get; private set; }

    public static ChainRegistration Register(OgmiosServer[] servers, ILoggerFactory logs, Action<CardanoOptions>? configure = null)
    {
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton(logs);
        services.AddLogging();
        services.AddChainWatch(watch => watch.AddCardano("cardano", cardano =>
        {
            foreach (OgmiosServer server in servers)
            {
                cardano.Endpoints.Add(server.WebSocketUrl);
            }

            cardano.Network = Someone.Network;
            cardano.PollInterval = TimeSpan.FromMilliseconds(50);
            configure?.Invoke(cardano);
        }));
        return services.BuildServiceProvider().GetRequiredService<ChainRegistry>().Get("cardano");
    }

    /// <summary>Goes on until the newest point that stands is this one.</summary>
    public Task UntilAsync(FakeBlock block) => UntilAsync(() => Told.Count > 0 && Told[^1] == block.Point);

    /// <summary>Goes on until a condition holds.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Task<ChainUpdate> next = _next ?? NextAsync();
            _next = null;
            await next;
        }
    }

    /// <summary>Reads on in the background until a condition of a server holds, whether or not anything is told meanwhile.</summary>
    public async Task NextUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            _next ??= NextAsync();
            await Task.WhenAny(_next, Task.Delay(20));
            if (_next.IsCompleted)
            {
                await _next;
                _next = null;
            }
        }
    }

    public async Task<ChainUpdate> NextAsync()
    {
        _moving = _updates.MoveNextAsync().AsTask();
        (await _moving).ShouldBeTrue();
        ChainUpdate update = _updates.Current;
        Tip = update.Tip;
        switch (update)
        {
            case RollForward forward:
                using (Block block = forward.Block)
                {
                    if (Told.Count > 0)
                    {
                        block.Header.ParentHash.ShouldBe(Told[^1].Hash);
                        block.Header.Point.Height.ShouldBe(Told[^1].Height + 1);
                    }

                    Told.Add(block.Header.Point);
                    Headers.Add(block.Header);
                }

                break;
            case RollBack back:
                RollBacks.Add(back);
                Told.RemoveAll(point => point.Height > back.Target.Height);
                if (Told.Count > 0)
                {
                    Told[^1].ShouldBe(back.Target);
                }

                break;
            default:
                Idles++;
                break;
        }

        return update;
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
}
