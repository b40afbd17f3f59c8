using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ChainWatch.Bitcoin;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Benchmarks;

/// <summary>
/// Who waits for whom while a chain is read from a node of Bitcoin Core's family (Knots) by its RPC. The bare client makes the same requests, as many at once, and does not look at the blocks. The node has a process of its own, on
/// the same cores.
/// </summary>
internal sealed class BitcoinWaits
{
    /// <summary>The blocks below are those from which the wallet has its coins.</summary>
    private const int First = 121;
    private const int OutputsOfBlock = 100;
    private const int BlocksOfRange = 50;
    private const int RangesAtOnce = 4;

    private static readonly BitcoinFormat s_format = new(BitcoinNetwork.Regtest);

    private readonly BitcoinNode _node;
    private readonly int _blocks;
    private readonly string _paid = AddressOf(new Random(1));
    private readonly AddressSet _watched;

    private BitcoinWaits(BitcoinNode node, int blocks)
    {
        _node = node;
        _blocks = blocks;
        AddressKey key = s_format.ParseAddress(_paid);
        _watched = AddressSet.Create(key.Length).Add([key]);
    }

    private long Last => First + _blocks - 1;

    /// <summary>Reads with each reader in turn, and prints a line for each.</summary>
    /// <param name="blocks">How many blocks the chain has.</param>
    /// <param name="rounds">How often each reads it, besides once to be compiled.</param>
    public static async Task RunAsync(int blocks, int rounds)
    {
        await using PostgresServer postgres = await PostgresServer.StartNewAsync();
        await using BitcoinNode node = await BitcoinNode.StartAsync(BitcoinNodeKind.Knots, First - 1);
        BitcoinWaits waits = new(node, blocks);
        await waits.FillAsync();
        WaitRow?[] sums = new WaitRow?[4];
        for (int round = 0; round <= rounds; round++)
        {
            WaitRow[] rows = [await waits.TakeAsync("bare"), await waits.FollowAsync("source"), await waits.HostAsync("host-memory", server: null), await waits.HostAsync("host-postgresql", postgres)];
            for (int row = 0; row < rows.Length && round > 0; row++)
            {
                sums[row] = sums[row] is { } sum ? sum + rows[row] : rows[row];
            }
        }

        foreach (WaitRow? row in sums)
        {
            Console.WriteLine(row!.ToLine("bitcoin", sums[0]!));
        }
    }

    private static string AddressOf(Random random)
    {
        byte[] key = new byte[s_format.AddressKeyLength];
        (key[0], key[1]) = (0, 20);
        random.NextBytes(key.AsSpan(2, 20));
        return s_format.FormatAddress(new AddressKey(key));
    }

    /// <summary>Blocks with one transaction of many outputs each, one of which is watched.</summary>
    private async Task FillAsync()
    {
        Random random = new(2);
        for (int block = 0; block < _blocks; block++)
        {
            JsonObject outputs = new() { [_paid] = 0.001 };
            while (outputs.Count < OutputsOfBlock)
            {
                outputs[AddressOf(random)] = 0.0001;
            }

            await _node.Wallet.CallAsync("sendmany", "", outputs);
            await _node.MineAsync();
        }
    }

    private async Task<WaitRow> TakeAsync(string name)
    {
        RequestsInFlight requests = new();
        using HttpClient http = new() { BaseAddress = new Uri(_node.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(await File.ReadAllBytesAsync(_node.CookieFile)));
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long[] ranges = [.. Enumerable.Range(0, (_blocks + BlocksOfRange - 1) / BlocksOfRange).Select(static range => First + ((long)range * BlocksOfRange))];
        await Parallel.ForEachAsync(ranges, new ParallelOptions { MaxDegreeOfParallelism = RangesAtOnce }, async (from, cancellation) =>
        {
            long to = Math.Min(Last, from + BlocksOfRange - 1);
            string hashes = await AskAsync("getblockhash", Enumerable.Range(0, (int)(to - from + 1)).Select(index => string.Create(CultureInfo.InvariantCulture, $"{from + index}")));
            await AskAsync("getblock", JsonNode.Parse(hashes)!.AsArray().Select(static answer => $"\"{answer!["result"]}\",false"));

            async Task<string> AskAsync(string method, IEnumerable<string> parameters)
            {
                long asked = Stopwatch.GetTimestamp();
                using StringContent content = new($"[{string.Join(',', parameters.Select((one, id) => string.Create(CultureInfo.InvariantCulture, $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":[{one}]}}")))}]", Encoding.UTF8, "application/json");
                using HttpResponseMessage response = await http.PostAsync("", content, cancellation);
                string answer = await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellation);
                requests.Completed(Stopwatch.GetElapsedTime(asked));
                return answer;
            }
        });
        return End(name, waited: null, requests, processor);
    }

    private async Task<WaitRow> FollowAsync(string name)
    {
        WaitClock waited = new();
        RequestsInFlight requests = new();
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton<IEndpointObserver>(requests);
        ChainRegistration chain = Create(services.BuildServiceProvider(), "one", new ConfigurationBuilder().Build().GetSection("one"), waited);
        SourceRequest request = new() { Known = [], StartHeight = First, Watched = () => _watched };
        CountingSink sink = new();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
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

        return sink.Count >= _blocks ? End(name, waited, requests, processor) : throw new InvalidOperationException($"{sink.Count} payments were found in {_blocks} blocks.");
    }

    private async Task<WaitRow> HostAsync(string name, PostgresServer? server)
    {
        WaitClock waited = new();
        RequestsInFlight requests = new();
        WaitRow? row = null;
        TimeSpan processor = default;
        await WatchingHost.RunAsync(
            server,
            (services, chain, section) =>
            {
                // The start of the host is not what is asked for, and nearly over.
                processor = Environment.CpuUsage.TotalTime;
                return Create(services, chain, section, waited);
            },
            _paid,
            Last,
            () => row = End(name, waited, requests, processor),
            requests);
        return row!;
    }

    private WaitRow End(string name, WaitClock? waited, RequestsInFlight requests, TimeSpan processor) =>
        new(name, _blocks, Stopwatch.GetElapsedTime(requests.Began), waited?.Total, requests.NoneSince(requests.Began), ServerStuck: null, Environment.CpuUsage.TotalTime - processor);

    private ChainRegistration Create(IServiceProvider services, string name, IConfigurationSection section, WaitClock waited) => TimedSource.In(
        BitcoinRegistration.Create(services, name, section, options =>
        {
            options.Network = "regtest";
            options.Endpoints.Add(new EndpointOptions { Url = _node.Url, CredentialsFile = _node.CookieFile });
            options.BatchSize = BlocksOfRange;
            options.Parallelism = RangesAtOnce;

            // Each reader would leave a request behind that waits for a block, and occupies the node.
            options.LongPoll = false;
            options.StartAt = First.ToString(CultureInfo.InvariantCulture);
        }),
        waited);
}
