using System.Diagnostics;
using System.Net.Http.Json;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor on a Bitcoin and a Litecoin chain whose end is replaced all the time.</summary>
public sealed class BitcoinReorgTests
{
    private const int Confirmations = 6;
    private const int RewardMaturity = 100;
    private const int ExtensionMaturity = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(BitcoinNodeKind.Knots, "regtest", "BTC", false, 50, 500)]
    [InlineData(BitcoinNodeKind.Litecoin, "litecoin-regtest", "LTC", false, 35, 75)]
    [InlineData(BitcoinNodeKind.Litecoin, "litecoin-regtest", "LTC", true, 15, 425)]
    public async Task After_many_reorgs_the_records_are_what_the_node_itself_says(BitcoinNodeKind kind, string network, string symbol, bool withExtensions, int usual, int whole)
    {
        var seed = Effort.Seed();
        var reorgs = Effort.Of(usual, whole);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await BitcoinNode.StartAsync(kind);
        if (withExtensions)
        {
            await node.BeginExtensionsAsync();
        }

        var traffic = await BitcoinTraffic.CreateAsync(node, seed);
        var chaos = new BitcoinChaos(node, traffic, seed, await node.HeadAsync());
        var scan = new BitcoinScan(node, symbol);
        var database = new MonitorDatabase(postgres.ConnectionString, "bitcoin");
        await using var monitor = new DepositMonitorHost(SettingsFor(node, network, traffic, postgres.ConnectionString));
        var coins = new List<string>();
        using var http = new HttpClient { BaseAddress = new Uri(monitor.Url) };
        var random = new Random(seed);

        var began = Stopwatch.GetTimestamp();
        monitor.Start();
        await CatchUpAsync(monitor, node, database);
        while (chaos.Reorgs < reorgs)
        {
            await chaos.GrowAsync();
            // Most of the time the monitor has read what is about to go; otherwise it reads while it goes.
            if (random.Next(4) > 0)
            {
                await CatchUpAsync(monitor, node, database);
            }

            await chaos.ReorgAsync();
            if (chaos.Reorgs % 10 == 0)
            {
                await WatchCoinsAsync(http, database, coins);
            }
        }

        if (withExtensions)
        {
            await traffic.SendOutAsync();
        }

        await node.MineAsync(1, traffic.Watched[0]);
        await node.MineAsync(chaos.Deepest);
        await CatchUpAsync(monitor, node, database);
        await WatchCoinsAsync(http, database, coins);
        // Their blocks are read again, and what is found is delivered after that.
        await Eventually.BecomesTrueAsync(async _ => await database.CountBackScansAsync() == 0, Patience, () => $"back-scans do not end\n{monitor.LastLines}");
        await CatchUpAsync(monitor, node, database);
        Effort.Say($"{chaos.Reorgs} reorgs, the deepest {chaos.Deepest} blocks, {traffic.Sent} transactions, {traffic.Conflicts} replaced or spent twice, in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");

        var truth = await scan.ReadAsync(traffic.Watched, coins);
        var records = await database.ReadRecordsAsync();
        MonitorVerdict.FindFaults(records, truth, firstHeight: 0).ShouldBe("");
        records.Payments.Where(payment => payment.Status != "retracted").Select(payment => (payment.TransactionId, payment.Ordinal))
            .ShouldBe(scan.Found.Select(found => (found.Transfer.TransactionId, found.Ordinal)), ignoreOrder: true);
        var spent = scan.Found.Where(found => found.Ordinal >= 0 && scan.Spent.ContainsKey((found.Transfer.TransactionId, found.Ordinal)))
            .Select(found => (Id: (found.Transfer.TransactionId, found.Ordinal), By: scan.Spent[(found.Transfer.TransactionId, found.Ordinal)]))
            .Select(one => new StoredSpend(one.Id.TransactionId, one.Id.Ordinal, one.By.SpentBy, one.By.Height)).ToList();
        (await database.ReadSpendsAsync()).ShouldBe(spent, ignoreOrder: true);
        spent.Count.ShouldBeGreaterThan(0);
        Effort.Say($"{spent.Count} of the payments spent again, each by the transaction that is recorded");
        var spends = scan.Found.Count(found => found.Ordinal < 0);
        Effort.Say($"{truth.Count} payments on the chain, {spends} of them coins that were spent, all recorded once, none besides");
        spends.ShouldBeGreaterThan(0);

        var head = await node.HeadAsync();
        foreach (var payment in records.Payments.Where(payment => payment.Status != "retracted"))
        {
            var depth = scan.Rewards.ContainsKey(payment.TransactionId) ? RewardMaturity : scan.Extensions.Contains(payment.TransactionId) ? ExtensionMaturity : Confirmations - 1;
            payment.Status.ShouldBe(payment.Height + depth <= head ? "confirmed" : "detected", payment.ToString());
        }

        records.Payments.Any(payment => scan.Extensions.Contains(payment.TransactionId)).ShouldBe(withExtensions);
        records.Payments.ShouldContain(payment => payment.Status == "detected" && scan.Rewards.ContainsKey(payment.TransactionId), "some rewards are not mature yet");
        records.Events.Select(one => one.Kind).Distinct().ShouldBe(["detected", "confirmed", "moved", "retracted"], ignoreOrder: true);
        monitor.Starts.ShouldBe(1);
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);
    }

    [Fact]
    public async Task A_node_that_starts_again_with_another_cookie_is_followed_on()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await BitcoinNode.StartAsync(BitcoinNodeKind.Knots);
        var traffic = await BitcoinTraffic.CreateAsync(node, seed: 1);
        var database = new MonitorDatabase(postgres.ConnectionString, "bitcoin");
        await using var monitor = new DepositMonitorHost(SettingsFor(node, "regtest", traffic, postgres.ConnectionString));
        monitor.Start();
        await CatchUpAsync(monitor, node, database);
        var before = await File.ReadAllTextAsync(node.CookieFile);

        await node.RestartAsync();
        (await File.ReadAllTextAsync(node.CookieFile)).ShouldNotBe(before);
        await node.MineAsync(2, traffic.Watched[0]);
        await CatchUpAsync(monitor, node, database);

        monitor.Starts.ShouldBe(1);
        (await database.ReadPaymentsAsync()).Count.ShouldBe(2);
    }

    private static Task CatchUpAsync(DepositMonitorHost monitor, BitcoinNode node, MonitorDatabase database) =>
        monitor.CatchUpAsync(() => node.Rpc.CallTextAsync("getbestblockhash"), database, Patience);

    /// <summary>Watches the coins that some payments made, from the lowest block on that a reorg may bring these payments to while they are read and registered; the first of them are two that have been spent, where there are any.</summary>
    private static async Task WatchCoinsAsync(HttpClient http, MonitorDatabase database, List<string> coins)
    {
        var spent = (await database.ReadSpendsAsync()).Select(spend => (spend.TransactionId, spend.Output)).ToHashSet();
        var unwatched = (await database.ReadPaymentsAsync()).Where(payment => payment.Ordinal >= 0 && !coins.Contains($"{payment.TransactionId}:{payment.Ordinal}"))
            .OrderBy(payment => payment.TransactionId, StringComparer.Ordinal).ToList();
        foreach (var payment in unwatched.Where(payment => spent.Contains((payment.TransactionId, payment.Ordinal))).Take(2).Concat(unwatched).Distinct().Take(12))
        {
            var coin = $"{payment.TransactionId}:{payment.Ordinal}";
            using var answer = await http.PostAsJsonAsync("/addresses", new { chain = "bitcoin", address = coin, since = Math.Max(0, payment.Height - BitcoinChaos.DeepestReorg) });
            answer.EnsureSuccessStatusCode();
            coins.Add(coin);
        }
    }

    private static Dictionary<string, string?> SettingsFor(BitcoinNode node, string network, BitcoinTraffic traffic, string connectionString)
    {
        const string chain = "ChainWatch:Chains:bitcoin";
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ChainWatch:Postgres:ConnectionString"] = connectionString,
            [$"{chain}:Kind"] = "bitcoin",
            [$"{chain}:Network"] = network,
            [$"{chain}:Endpoints:0:Url"] = node.Url,
            [$"{chain}:Endpoints:0:CredentialsFile"] = node.CookieFile,
            [$"{chain}:StartAt"] = "0",
            [$"{chain}:PollInterval"] = "00:00:00.100",
        };
        if (node.PushUrl is not null)
        {
            settings[$"{chain}:Zmq:0"] = node.PushUrl;
        }

        foreach (var (index, address) in traffic.Watched.Index())
        {
            settings[$"{chain}:Addresses:{index}"] = address;
        }

        return settings;
    }
}
