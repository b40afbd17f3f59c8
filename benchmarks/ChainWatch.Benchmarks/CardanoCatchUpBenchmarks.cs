using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using BenchmarkDotNet.Attributes;
using ChainWatch.Cardano;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Benchmarks;

/// <summary>
/// Catching up from an Ogmios server that answers from memory: who waits for whom? The bound: a client that keeps as many requests under way, takes the messages and does not look at them. Both share the machine's cores with
/// the server. At the end is told how many of the blocks the source had to wait for: the rest had come before it was ready for them.
/// </summary>
public class CardanoCatchUpBenchmarks : IDisposable
{
    private const int Blocks = 1_000;
    private const int Transactions = 20;
    private const int UnderWay = 100;

    private readonly CountingSink _sink = new();
    private CardanoReplay _server = null!;
    private ChainRegistration _registration = null!;
    private AddressSet _watched = null!;
    private long _waited;
    private long _read;

    [GlobalSetup]
    public void Setup()
    {
        _server = new CardanoReplay(Blocks, Transactions);
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddLogging();
        services.AddChainWatch(watch => watch.AddCardano("cardano", cardano =>
        {
            cardano.Endpoints.Add(_server.Url);
            cardano.Pipelining = UnderWay;
        }));
        _registration = services.BuildServiceProvider().GetRequiredService<ChainRegistry>().Get("cardano");
        Random random = new(2);
        byte[] key = new byte[_registration.Chain.Format.AddressKeyLength];
        _watched = AddressSet.Create(key.Length, 100_000).Add(Enumerable.Range(0, 100_000).Select(_ =>
        {
            random.NextBytes(key.AsSpan(0, 57));
            return new AddressKey(key);
        }));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _server.Dispose();
        GC.SuppressFinalize(this);
        if (_read > 0)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"// the source waited for the server before {_waited} of {_read} blocks"));
        }
    }

    [Benchmark(Baseline = true, Description = "take 1,000 blocks, unread")]
    public async Task<long> Take()
    {
        using ClientWebSocket socket = new();
        await socket.ConnectAsync(new Uri(_server.Url), CancellationToken.None);
        long bytes = 0;
        int asked = 0;
        async Task AskAsync() => await socket.SendAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"jsonrpc\":\"2.0\",\"method\":\"nextBlock\",\"id\":{++asked}}}")), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        for (int index = 0; index < UnderWay; index++)
        {
            await AskAsync();
        }

        byte[] buffer = new byte[64 * 1024];
        for (int taken = 0; taken < Blocks + 1;)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            bytes += received.Count;
            if (received.EndOfMessage)
            {
                taken++;
                await AskAsync();
            }
        }

        return bytes;
    }

    [Benchmark(Description = "follow 1,000 blocks: read, link and match")]
    public async Task<int> Follow()
    {
        SourceRequest request = new() { Known = [], StartHeight = CardanoReplay.FirstHeight, EndHeight = CardanoReplay.FirstHeight + Blocks - 1, Watched = () => _watched };
        await using IAsyncEnumerator<ChainUpdate> updates = _registration.CreateSource().ReadAsync(request, CancellationToken.None).GetAsyncEnumerator();
        for (int told = 0; told < Blocks;)
        {
            ValueTask<bool> moving = updates.MoveNextAsync();
            bool waits = !moving.IsCompleted;
            await moving;
            if (updates.Current is RollForward forward)
            {
                told++;
                _read++;
                _waited += waits ? 1 : 0;
                using Block block = forward.Block;
                block.Match(_watched, _sink);
            }
        }

        return _sink.Count;
    }
}
