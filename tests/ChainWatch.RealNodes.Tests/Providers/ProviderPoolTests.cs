using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor with four endpoints, each bad in its way: one is throttled, one frozen, one behind, one of another chain.</summary>
public sealed class ProviderPoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task One_throttled_endpoint_carries_the_chain_beside_a_frozen_one_a_late_one_and_one_of_another_chain()
    {
        var seed = Effort.Seed();
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed, withInternal: false);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        for (var step = 0; step < 10; step++)
        {
            await chaos.GrowAsync();
        }

        // A fork stands where it was taken, and has all blocks below: a node that has fallen behind.
        await using var frozen = await ForkAsync(node);
        await using var late = await ForkAsync(node);
        await using var other = await EthereumNode.StartAsync(EthereumNodeKind.Anvil, ["--chain-id", "5"]);
        await using var door = await LimitingDoor.StartAsync(node.Url, perSecond: 8, burst: 4);
        var settings = DepositMonitorHost.SettingsFor(node, traffic, postgres.ConnectionString, withInternal: false);
        const string endpoints = "ChainWatch:Chains:ethereum:Endpoints";
        settings.Remove($"{endpoints}:0:WebSocketUrl");
        foreach (var (index, name, url) in new[] { (0, "other", other.Url), (1, "frozen", frozen.Url), (2, "late", late.Url), (3, "throttled", door.Url) })
        {
            settings[string.Create(CultureInfo.InvariantCulture, $"{endpoints}:{index}:Name")] = name;
            settings[string.Create(CultureInfo.InvariantCulture, $"{endpoints}:{index}:Url")] = url;
            settings[string.Create(CultureInfo.InvariantCulture, $"{endpoints}:{index}:Timeout")] = "00:00:02";
        }

        settings["ChainWatch:Chains:ethereum:ChainId"] = "31337";
        settings["ChainWatch:Chains:ethereum:BlockTime"] = "00:00:02";

        // Blocks come only when the test mines; the watchdog's own steps against silence are tested elsewhere.
        settings["ChainWatch:Chains:ethereum:EventTimeout"] = "00:20:00";
        await using var monitor = new DepositMonitorHost(settings);
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        monitor.Start();
        await monitor.CatchUpAsync(node, database, Patience);
        frozen.Process.Signal("STOP");
        for (var step = 0; step < Effort.Of(normal: 15, @long: 120); step++)
        {
            await chaos.GrowAsync();
            if (step % 5 == 4)
            {
                // By then the late one is so far behind that it is not the one to ask: a block or two are no reason against an endpoint.
                await monitor.CatchUpAsync(node, database, Patience);
            }
        }

        await monitor.CatchUpAsync(node, database, Patience);
        await MonitorJudge.JudgeAsync(new ChainScan(node, traffic, withInternal: false), database);
        var (passed, refused) = await door.CountAsync();
        Effort.Say($"the provider answered {passed} requests and refused {refused}");
        refused.ShouldBeLessThan((passed / 4) + 10, "what is refused is not asked again at once");

        var story = "";
        await Eventually.BecomesTrueAsync(
            async _ =>
            {
                story = (await monitor.GetAsync("/health/detailed"))!.ToJsonString();
                return KindOf(story, "other") == "refused" && KindOf(story, "frozen") == "failing" && (KindOf(story, "late") is "lagging" or "failing") && Endpoint(story, "throttled")["up"]!.GetValue<bool>();
            },
            Patience,
            () => story);
        Endpoint(story, "other")["reason"]!.GetValue<string>().ShouldContain("5");
        Endpoint(story, "late")["lag"]!.GetValue<long>().ShouldBeGreaterThan(2, "as it was when it was asked last");
        Endpoint(story, "throttled")["head"].ShouldNotBeNull();
        story.ShouldNotContain("127.0.0.1");
        frozen.Process.Signal("CONT");
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);
    }

    private static async Task<EthereumNode> ForkAsync(EthereumNode node)
    {
        var head = (await node.Rpc.CallAsync("eth_blockNumber"))!.GetValue<string>();
        var number = Convert.ToInt64(head, 16).ToString(CultureInfo.InvariantCulture);
        return await EthereumNode.StartAsync(EthereumNodeKind.Anvil, ["--fork-url", node.Url, "--fork-block-number", number]);
    }

    private static JsonNode Endpoint(string story, string name) => JsonNode.Parse(story)!["chains"]!["ethereum"]!["endpoints"]!.AsArray()
        .Single(endpoint => string.Equals(endpoint!["name"]!.GetValue<string>(), name, StringComparison.Ordinal))!;

    private static string? KindOf(string story, string name) => Endpoint(story, name)["reasonKind"]?.GetValue<string>();
}
