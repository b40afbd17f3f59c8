using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Blockbook.Tests;

/// <summary>Follows replay servers with the source that a host would get, and keeps the branch that it is told.</summary>
internal sealed class Follow : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly IAsyncEnumerator<ChainUpdate> _updates;
    private readonly List<(ChainPoint Point, IReadOnlyList<string> Payments)> _told = [];
    private Task<bool> _moving = Task.FromResult(true);

    public Follow(IServedChain chain, BlockbookServer[] servers, Way way = Way.Both, long? startAt = 1, Action<BlockbookOptions>? configure = null, TimeProvider? time = null)
    {
        ServiceCollection services = new();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<ILoggerFactory>(Logs);
        services.AddLogging();
        services.AddSingleton<IEndpointObserver>(Observed);
        services.AddChainWatch(watch => watch.AddBlockbook("coin", blockbook =>
        {
            blockbook.Coin = chain.Coin;
            blockbook.GenesisHash = Hash256.Parse(chain.Blocks[0].Hash).ToString();
            foreach (BlockbookServer server in servers)
            {
                blockbook.Endpoints.Add(way == Way.Socket ? server.SocketUrl : server.Url, way == Way.Both ? server.SocketUrl : null);
                blockbook.Endpoints[^1].Timeout = TimeSpan.FromSeconds(20);
            }

            blockbook.PollInterval = TimeSpan.FromMilliseconds(20);
            blockbook.Limits = BlockbookLimits.None;
            if (chain.Coin == "ethereum")
            {
                blockbook.Tokens.Add("USDC", EthereumChain.Usdc, 6);
            }

            configure?.Invoke(blockbook);
        }));
        Registration = services.BuildServiceProvider().GetRequiredService<ChainRegistry>().Get("coin");
        AddressKey bob = Registration.Chain.Format.ParseAddress(chain.Bob);
        Watched = AddressSet.Create(bob.Length).Add([bob]);
        _updates = Registration.CreateSource().ReadAsync(new SourceRequest { Known = [], StartHeight = startAt, Watched = () => Watched }, _limit.Token).GetAsyncEnumerator(_limit.Token);
    }

    public ChainRegistration Registration { get; }

    public AddressSet Watched { get; }

    public LogRecorder Logs { get; } = new();

    public ObservedEndpoints Observed { get; } = new();

    public int Rollbacks { get; private set; }

    public IEnumerable<ChainPoint> Told => _told.Select(static block => block.Point);

    public IEnumerable<string> Payments => _told.SelectMany(static block => block.Payments);

    /// <summary>Goes on until what was told ends with this block.</summary>
    public Task ReadToAsync(ServedBlock block) => UntilAsync(() => _told.Count > 0 && _told[^1].Point == block.Point);

    public async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            _moving = _updates.MoveNextAsync().AsTask();
            (await _moving).ShouldBeTrue();
            switch (_updates.Current)
            {
                case RollForward forward:
                    using (Block block = forward.Block)
                    {
                        TransferList sink = new();
                        block.Match(Watched, sink).ShouldBeTrue();
                        _told.Add((block.Header.Point, sink.Texts));
                    }

                    break;
                case RollBack back:
                    Rollbacks++;
                    _told.RemoveAll(told => told.Point.Height > back.Target.Height);
                    break;
                default:
                    break;
            }
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
}
