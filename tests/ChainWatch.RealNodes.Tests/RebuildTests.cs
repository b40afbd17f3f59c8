using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>The operator's tool rebuilds beside DepositMonitor, which goes on following.</summary>
public sealed class RebuildTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>How long a block may wait for its commit while a rebuild reads, compares or is switched over.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Beside_live_traffic_it_comes_to_the_same_digest_and_a_flipped_amount_is_located_and_put_right()
    {
        var seed = Effort.Seed();
        var blocks = Effort.Of(normal: 1_000, @long: 20_000);
        var payments = Effort.Of(normal: 250, @long: 5_000);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed, withInternal: false);
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        var settings = DepositMonitorHost.SettingsFor(node, traffic, postgres.ConnectionString, withInternal: false);
        await using var monitor = new DepositMonitorHost(settings);
        // Most transactions pay a watched address, some do not.
        var rounds = blocks / 50;
        for (var round = 0; round < rounds; round++)
        {
            for (var transaction = 0; transaction < (payments * 3 / 2 / rounds) + 1; transaction++)
            {
                await traffic.SendAsync();
            }

            await node.Rpc.CallAsync("anvil_mine", "0x32");
        }

        monitor.Start();
        await monitor.CatchUpAsync(node, database, Patience);
        (await database.ReadPaymentsAsync()).Count.ShouldBeGreaterThanOrEqualTo(payments);

        // As it is, beside the live system.
        var idle = await LiveAsync(node, traffic, database, Task.Delay(TimeSpan.FromSeconds(3), CancellationToken.None));
        var began = Stopwatch.GetTimestamp();
        var reading = RunToolAsync(settings, "rebuild", "ethereum", "--days", "1");
        var busy = await LiveAsync(node, traffic, database, reading);
        var (exitCode, report) = await reading;
        exitCode.ShouldBe(0, report.ToJsonString());
        report["equal"]!.GetValue<bool>().ShouldBeTrue(report.ToJsonString());
        report["fromHeight"]!.GetValue<long>().ShouldBe(0);
        Effort.Say($"{report["toHeight"]} blocks with {report["payments"]} payments rebuilt in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s; blocks committed after {Say(idle)} before, {Say(busy)} meanwhile");
        busy.Max().ShouldBeLessThan(Effort.Limit(LongestDelay));

        // A flipped amount.
        await monitor.CatchUpAsync(node, database, Patience);
        var victim = (await database.ReadPaymentsAsync()).Where(payment => payment.Height < blocks / 2).OrderBy(payment => payment.TransactionId, StringComparer.Ordinal).First();
        await postgres.ExecuteAsync($"update chainwatch.payment set amount = amount + 1 where tx_id = '{victim.TransactionId}' and ordinal = {victim.Ordinal}");
        var (differs, located) = await RunToolAsync(settings, "digest", "ethereum", "--against", "chainwatch_rebuild");
        differs.ShouldBe(1);
        located.AsArray().ShouldHaveSingleItem()!["height"]!.GetValue<long>().ShouldBe(victim.Height);

        // Put right, beside the live system.
        var switching = RunToolAsync(settings, "rebuild", "ethereum", "--from-height", "0", "--switch");
        var held = await LiveAsync(node, traffic, database, switching);
        var (switched, changes) = await switching;
        switched.ShouldBe(0, changes.ToJsonString());
        changes["differing"]!.GetValue<long>().ShouldBe(1);
        changes["differences"]!.GetValue<string>().ShouldStartWith(string.Create(CultureInfo.InvariantCulture, $"changed in block {victim.Height}: {victim.TransactionId}/{victim.Ordinal}"));
        Effort.Say($"switched over; blocks committed after {Say(held)} meanwhile");
        held.Max().ShouldBeLessThan(Effort.Limit(LongestDelay));
        await node.MineAsync(EthereumChaos.SettledDepth);
        await monitor.CatchUpAsync(node, database, Patience);
        await MonitorJudge.JudgeAsync(new ChainScan(node, traffic, withInternal: false), database);
        // The handler had been told what is right, and is told nothing more.
        (await database.ReadHandledAsync()).Where(one => one.TransactionId == victim.TransactionId && one.Ordinal == victim.Ordinal).Select(one => one.Kind).ShouldBe(["detected", "confirmed"]);
        monitor.Starts.ShouldBe(1);
    }

    /// <summary>Mines a block with payments twice a second until something else is done, and says how long each took to be committed.</summary>
    private static async Task<List<TimeSpan>> LiveAsync(EthereumNode node, EthereumTraffic traffic, MonitorDatabase database, Task until)
    {
        var delays = new List<TimeSpan>();
        while (!until.IsCompleted || delays.Count == 0)
        {
            await traffic.SendAsync();
            await node.MineAsync();
            var mined = Stopwatch.GetTimestamp();
            var hash = (await node.Rpc.CallAsync("eth_getBlockByNumber", "latest", false))!["hash"]!.GetValue<string>();
            await Eventually.BecomesTrueAsync(_ => database.HoldsBlockAsync(hash), Patience, () => $"block {hash} is not committed");
            delays.Add(Stopwatch.GetElapsedTime(mined));
            await Task.WhenAny(until, Task.Delay(500, CancellationToken.None));
        }

        return delays;
    }

    private static string Say(List<TimeSpan> delays) => string.Create(
        CultureInfo.InvariantCulture, $"{delays.Order().ElementAt(delays.Count / 2).TotalMilliseconds:F0} ms (median), {delays.Max().TotalMilliseconds:F0} ms (longest of {delays.Count})");

    private static async Task<(int ExitCode, JsonNode Answer)> RunToolAsync(Dictionary<string, string?> settings, params string[] arguments)
    {
        var environment = settings.ToDictionary(one => one.Key.Replace(":", "__", StringComparison.Ordinal), one => one.Value, StringComparer.Ordinal);
        await using var tool = ChildProcess.Start(SamplePrograms.PathOf("ChainWatch.Cli"), [.. arguments, "--json"], environment);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var exitCode = await tool.WaitForExitAsync(patience.Token);
        // Progress stands beside it, on standard error.
        var lines = tool.Output.Split('\n').SkipWhile(line => line is not ("{" or "[")).TakeWhile(line => !line.Contains('%', StringComparison.Ordinal)).ToArray();
        lines.ShouldNotBeEmpty(tool.Output);
        return (exitCode, JsonNode.Parse(string.Join('\n', lines))!);
    }
}
