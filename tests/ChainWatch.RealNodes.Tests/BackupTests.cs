using System.Diagnostics;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>The scripts of deploy/backup with real dumps: after the restore of an old one the system comes to the right state by itself.</summary>
public sealed class BackupTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task After_the_restore_of_an_old_dump_the_records_are_what_the_chain_says()
    {
        var seed = Effort.Seed();
        var folder = Directory.CreateTempSubdirectory("chainwatch-backup-").FullName;
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed, withInternal: false);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        string dump;
        await using (var lost = await PostgresServer.StartNewAsync())
        {
            var database = new MonitorDatabase(lost.ConnectionString, "ethereum");
            await using var monitor = new DepositMonitorHost(DepositMonitorHost.SettingsFor(node, traffic, lost.ConnectionString, withInternal: false));
            monitor.Start();
            await GrowAsync(node, chaos, monitor, database, reorgs: 5);
            // While it follows.
            dump = (await RunAsync("dump.sh", lost, "all", folder)).Trim();
            (await RunAsync("dump.sh", lost, "addresses", folder)).Trim().ShouldStartWith(folder);
            await GrowAsync(node, chaos, monitor, database, reorgs: 10);
            // Neither process nor database has time for anything.
            await monitor.KillAsync();
        }

        // The chain goes on meanwhile, and replaces blocks that the dump holds.
        for (var reorg = 0; reorg < 3; reorg++)
        {
            await chaos.GrowAsync();
            await chaos.ReorgAsync();
        }

        await using var restored = await PostgresServer.StartNewAsync();
        await RunAsync("restore.sh", restored, dump);
        var after = new MonitorDatabase(restored.ConnectionString, "ethereum");
        var known = (await after.ReadEventsAsync()).Count;
        await using var next = new DepositMonitorHost(DepositMonitorHost.SettingsFor(node, traffic, restored.ConnectionString, withInternal: false));
        next.Start();
        await chaos.SettleAsync(EthereumChaos.SettledDepth);
        await next.CatchUpAsync(node, after, Patience);

        // The handler's own tables came with the dump, and are judged too: each event was booked once.
        await MonitorJudge.JudgeAsync(new ChainScan(node, traffic, withInternal: false), after);
        var events = await after.ReadEventsAsync();
        events.Count.ShouldBeGreaterThan(known, "payments came in after the dump");
        events.Skip(known).Min(one => one.Sequence).ShouldBeGreaterThan(1_000_000_000, "no number of an event comes back for another one");
        (await RunAsync("verify.sh", restored)).ShouldContain("nothing is wrong");
        await restored.ExecuteAsync("update chainwatch.payment set amount = amount + 1 where tx_id = (select min(tx_id) from chainwatch.payment where status = 'confirmed')");
        (await Should.ThrowAsync<InvalidOperationException>(() => RunAsync("verify.sh", restored))).Message.ShouldContain("payments that are not what their last event says: 1");
        Directory.Delete(folder, recursive: true);
    }

    private static async Task GrowAsync(EthereumNode node, EthereumChaos chaos, DepositMonitorHost monitor, MonitorDatabase database, int reorgs)
    {
        for (var reorg = 0; reorg < reorgs; reorg++)
        {
            await chaos.GrowAsync();
            await chaos.OutgrowAsync();
            await monitor.CatchUpAsync(node, database, Patience);
            await chaos.ReorgAsync();
        }

        await chaos.OutgrowAsync();
        await monitor.CatchUpAsync(node, database, Patience);
    }

    private static async Task<string> RunAsync(string script, PostgresServer server, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(TestTools.RepositoryRoot, "deploy", "backup", script)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PGHOST"] = "127.0.0.1";
        start.Environment["PGPORT"] = server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = "postgres";
        start.Environment["PGDATABASE"] = "postgres";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} ended with {process.ExitCode}: {await errors}{output}");
    }
}
