using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using ChainWatch.Cardano;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Benchmarks;

/// <summary>
/// Who waits for whom while a chain is read from an Ogmios server that answers from memory. Readers, one after the other: a bare client that has as many requests under way and looks at nothing, the source alone, and a whole
/// host on each store, the last time while the server takes longer for a block than the host: then it must never be without a request. The server shares the process and the cores with them.
/// </summary>
internal sealed class CardanoWaits : IDisposable
{
    private const int Transactions = 20;
    private const int UnderWay = 100;

    /// <summary>How long a slow server takes for a block: somewhat longer than a host does that commits to PostgreSQL.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(1);

    private readonly int _blocks;
    private readonly CardanoReplay _server;
    private readonly AddressSet _watched;

    public CardanoWaits(int blocks)
    {
        _blocks = blocks;
        _server = new CardanoReplay(blocks, Transactions);
        _watched = AddressSet.Create(Format.AddressKeyLength).Add([Format.ParseAddress(MadeCardanoBlock.Paid)]);
    }

    private static CardanoFormat Format { get; } = new(CardanoNetwork.Main);

    private long LastHeight => CardanoReplay.FirstHeight + _blocks - 1;

    /// <summary>Reads with each reader in turn, and prints a line for each.</summary>
    /// <param name="blocks">How many blocks the chain has.</param>
    /// <param name="rounds">How often each reads it, besides once to be compiled.</param>
    /// <param name="only">The one reader to compare with the bare one; <see langword="null"/> for all.</param>
    public static async Task RunAsync(int blocks, int rounds, string? only)
    {
        using CardanoWaits waits = new(blocks);
        await using PostgresServer? postgres = only is null || only.Contains("postgresql", StringComparison.Ordinal) ? await PostgresServer.StartNewAsync() : null;
        (string Name, Func<string, Task<WaitRow>> Read)[] readers =
        [
            ("bare", name => waits.TakeAsync(name)),
            ("source", waits.FollowAsync),
            ("host-memory", name => waits.HostAsync(name, server: null)),
            ("host-postgresql", name => waits.HostAsync(name, postgres)),
            ("bare-of-a-slow-server", name => waits.TakeAsync(name, Slow)),
            ("host-postgresql-of-a-slow-server", name => waits.HostAsync(name, postgres, Slow)),
        ];
        Dictionary<string, WaitRow> sums = [];
        for (int round = 0; round <= rounds; round++)
        {
            foreach ((string name, Func<string, Task<WaitRow>> read) in readers.Where(reader => only is null || reader.Name == only || reader.Name == BoundOf(only)))
            {
                WaitRow row = await read(name);
                if (round > 0)
                {
                    sums[name] = sums.TryGetValue(name, out WaitRow? sum) ? sum + row : row;
                }
            }
        }

        foreach (WaitRow row in sums.Values)
        {
            Console.WriteLine(row.ToLine("cardano", sums[BoundOf(row.Name)]));
        }
    }

    public void Dispose() => _server.Dispose();

    private static string BoundOf(string name) => name.EndsWith("slow-server", StringComparison.Ordinal) ? "bare-of-a-slow-server" : "bare";

    private async Task<WaitRow> TakeAsync(string name, TimeSpan pace = default)
    {
        WaitClock waited = new();
        _server.Restart(pace);
        using ClientWebSocket socket = new();
        await socket.ConnectAsync(new Uri(_server.Url), CancellationToken.None);
        int asked = 0;
        async Task AskAsync() => await socket.SendAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"jsonrpc\":\"2.0\",\"method\":\"nextBlock\",\"id\":{++asked}}}")), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        for (int index = 0; index < UnderWay; index++)
        {
            await AskAsync();
        }

        byte[] buffer = new byte[64 * 1024];
        for (int taken = 0; taken < _blocks + 1;)
        {
            ValueWebSocketReceiveResult received = await waited.AwaitAsync(socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None));
            if (received.EndOfMessage)
            {
                taken++;
                await AskAsync();
            }
        }

        return End(name, waited);
    }

    private async Task<WaitRow> FollowAsync(string name)
    {
        WaitClock waited = new();
        ServiceCollection services = new();
        services.AddLogging();
        ChainRegistration chain = Create(services.BuildServiceProvider(), "one", new ConfigurationBuilder().Build().GetSection("one"), waited);
        SourceRequest request = new() { Known = [], StartHeight = CardanoReplay.FirstHeight, EndHeight = LastHeight, Watched = () => _watched };
        CountingSink sink = new();
        _server.Restart(TimeSpan.Zero);
        await using IAsyncEnumerator<ChainUpdate> updates = chain.CreateSource().ReadAsync(request, CancellationToken.None).GetAsyncEnumerator();
        for (int told = 0; told < _blocks;)
        {
            await updates.MoveNextAsync();
            if (updates.Current is RollForward forward)
            {
                told++;
                using Block block = forward.Block;
                block.Match(_watched, sink);
            }
        }

        return sink.Count >= _blocks ? End(name, waited) : throw new InvalidOperationException($"{sink.Count} payments were found in {_blocks} blocks.");
    }

    private async Task<WaitRow> HostAsync(string name, PostgresServer? server, TimeSpan pace = default)
    {
        WaitClock waited = new();
        WaitRow? row = null;
        _server.Restart(pace);
        await WatchingHost.RunAsync(server, (services, chain, section) => Create(services, chain, section, waited), MadeCardanoBlock.Paid, LastHeight, () => row = End(name, waited));
        return row!;
    }

    private WaitRow End(string name, WaitClock waited) => new(name, _blocks, Stopwatch.GetElapsedTime(_server.Began), waited.Total, _server.Idle, _server.Stuck, _server.Processor);

    private ChainRegistration Create(IServiceProvider services, string name, IConfigurationSection section, WaitClock waited) => TimedSource.In(
        CardanoRegistration.Create(services, name, section, options =>
        {
            options.Endpoints.Add(_server.Url);
            options.Pipelining = UnderWay;
            options.StartAt = CardanoReplay.FirstHeight.ToString(CultureInfo.InvariantCulture);
        }),
        waited);
}
