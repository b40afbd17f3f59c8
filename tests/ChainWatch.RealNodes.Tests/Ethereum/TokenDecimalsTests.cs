using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>What DepositMonitor tells of tokens whose real contracts say something else than its configuration.</summary>
public sealed class TokenDecimalsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(EthereumNodeKind.Anvil)]
    [InlineData(EthereumNodeKind.Hardhat)]
    [InlineData(EthereumNodeKind.Ganache)]
    public async Task Wrong_decimals_are_told_and_the_chain_stays_healthy_and_counts_in_the_token_s_units(EthereumNodeKind kind)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(kind);
        var traffic = await EthereumTraffic.CreateAsync(node, Effort.Seed(), withInternal: false);
        (string Symbol, string Contract, int Decimals)[] tokens =
        [
            ("GOLD", await TestContracts.DeployDescribedTokenAsync(node, 18, "GOLD"), 6),
            ("OLD", await TestContracts.DeployDescribedTokenAsync(node, 9, "OLD", isWord: true), 9),
            // It refuses whatever it is asked, and the last one is no contract at all.
            ("MUTE", traffic.Contracts.ReverterAddress, 6),
            ("VOID", "0x00000000000000000000000000000000000000aa", 6),
        ];
        var receiver = traffic.Watched[0];
        await node.Rpc.CallTextAsync("eth_sendTransaction", new { from = node.Accounts[0], to = tokens[0].Contract, data = TestContracts.Transfer(receiver, 1_234_567), gas = "0x30d40" });
        // Contracts are asked at the final block, which is some way behind the head on one of these nodes.
        await node.MineAsync(100);
        var settings = DepositMonitorHost.SettingsFor(node, traffic, postgres.ConnectionString, withInternal: false);
        settings["ChainWatch:Chains:ethereum:EventTimeout"] = "00:20:00";
        if (kind == EthereumNodeKind.Ganache)
        {
            settings["ChainWatch:Chains:ethereum:SkippedChecks"] = "LogIndex";
        }

        for (var index = 0; index < tokens.Length; index++)
        {
            var token = string.Create(CultureInfo.InvariantCulture, $"ChainWatch:Chains:ethereum:Tokens:{index}");
            settings[$"{token}:Symbol"] = tokens[index].Symbol;
            settings[$"{token}:Contract"] = tokens[index].Contract;
            settings[$"{token}:Decimals"] = tokens[index].Decimals.ToString(CultureInfo.InvariantCulture);
        }

        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        await using var monitor = new DepositMonitorHost(settings);
        monitor.Start();
        await monitor.CatchUpAsync(node, database, Patience);
        JsonNode? chain = null;
        await Eventually.BecomesTrueAsync(
            async _ => (chain = (await monitor.GetAsync("/health/detailed"))!["chains"]!["ethereum"])!["tokens"] is not null, Patience, () => $"{chain?.ToJsonString()}\n{monitor.LastLines}");

        Said(chain!, "GOLD").ShouldBe((18, "GOLD", true));
        Said(chain!, "OLD").ShouldBe((9, "OLD", false));
        Said(chain!, "MUTE").ShouldBe((null, null, false));
        Said(chain!, "VOID").ShouldBe((null, null, false));
        chain!["status"]!.GetValue<string>().ShouldBe("healthy", chain.ToJsonString());
        chain["healthy"]!.GetValue<bool>().ShouldBeTrue();
        (await monitor.GetAsync("/health"))!["status"]!.GetValue<string>().ShouldBe("healthy");
        monitor.Output.ShouldContain("Token GOLD of ethereum is configured with 6 decimals");
        var payment = (await database.ReadPaymentsAsync()).ShouldHaveSingleItem();
        (payment.Asset, payment.Amount).ShouldBe(("GOLD", 1_234_567), "in its smallest unit, which no configuration changes");
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);
    }

    private static (int? Decimals, string? Symbol, bool IsWarned) Said(JsonNode chain, string asset)
    {
        var token = chain["tokens"]!.AsArray().Single(token => string.Equals(token!["asset"]!.GetValue<string>(), asset, StringComparison.Ordinal))!;
        return (token["contractDecimals"]?.GetValue<int>(), token["contractSymbol"]?.GetValue<string>(), token["warning"] is not null);
    }
}
