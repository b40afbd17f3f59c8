using System.Globalization;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>What another endpoint is asked for: to agree, and to read again what the first one may have left out.</summary>
public sealed class SecondEndpointTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task What_one_endpoint_leaves_out_another_tells_and_nothing_is_confirmed_before_both_agree()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed: 1, withInternal: false);
        var forgotten = await PayAsync(node, traffic.Watched[0]);
        var told = await PayAsync(node, traffic.Watched[1]);
        await node.MineAsync(1 + EthereumChaos.SettledDepth);
        await using var first = new ForgetfulDoor(node.Url) { Forgets = forgotten };
        await using var second = new ForgetfulDoor(node.Url) { IsShut = true };
        await using var monitor = new DepositMonitorHost(SettingsFor(node, traffic, postgres.ConnectionString, [first, second]));
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        monitor.Start();
        await monitor.CatchUpAsync(node, database, Patience);

        await Eventually.BecomesTrueAsync(_ => Task.FromResult(monitor.Output.Contains("Confirmations on ethereum wait", StringComparison.Ordinal)), Patience, () => monitor.LastLines);
        (await database.ReadEventsAsync()).ShouldHaveSingleItem(monitor.LastLines).Kind.ShouldBe("detected");
        (await database.ReadPaymentsAsync()).ShouldHaveSingleItem().TransactionId.ShouldBe(told);

        second.IsShut = false;
        await Eventually.BecomesTrueAsync(
            async _ => (await database.ReadPaymentsAsync()) is { Count: 2 } payments && payments.All(payment => payment.Status == "confirmed"), Patience, () => monitor.LastLines);
        (await database.ReadPaymentsAsync()).Select(payment => payment.TransactionId).ShouldBe([forgotten, told], ignoreOrder: true);
        monitor.Output.ShouldContain("had left it out");
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);
    }

    private static Task<string> PayAsync(EthereumNode node, string to) =>
        node.Rpc.CallTextAsync("eth_sendTransaction", new { from = node.Accounts[0], to, value = "0x5", gas = "0x5208" });

    private static Dictionary<string, string?> SettingsFor(EthereumNode node, EthereumTraffic traffic, string database, IEnumerable<ForgetfulDoor> doors)
    {
        const string chain = "ChainWatch:Chains:ethereum";
        var settings = DepositMonitorHost.SettingsFor(node, traffic, database, withInternal: false);
        settings.Remove($"{chain}:Endpoints:0:WebSocketUrl");
        foreach (var (index, door) in doors.Index())
        {
            settings[string.Create(CultureInfo.InvariantCulture, $"{chain}:Endpoints:{index}:Name")] = string.Create(CultureInfo.InvariantCulture, $"door-{index + 1}");
            settings[string.Create(CultureInfo.InvariantCulture, $"{chain}:Endpoints:{index}:Url")] = door.Url;
        }

        settings[$"{chain}:Quorum"] = "2";
        settings[$"{chain}:SecondPassDelay"] = "00:00:01";
        // A transaction that is left out is noticed at once where the block's own hash is recomputed.
        settings[$"{chain}:Integrity"] = "off";
        // No block comes any more.
        settings[$"{chain}:EventTimeout"] = "00:20:00";
        return settings;
    }
}
