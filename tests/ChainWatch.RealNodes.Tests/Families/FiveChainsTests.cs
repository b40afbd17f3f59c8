using System.Globalization;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor as one process at five chains of five kinds.</summary>
public sealed class FiveChainsTests
{
    private const int Rounds = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Five_chains_of_five_kinds_are_followed_at_once_and_the_payments_of_each_are_delivered()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var ethereum = await FollowedEthereum.StartAsync();
        await using var bitcoin = await FollowedBitcoin.StartAsync();
        await using var blockbook = await FollowedBlockbook.StartAsync();
        await using var cardano = await FollowedCardano.StartAsync();
        await using var xrpl = await FollowedXrpl.StartAsync();
        FollowedChain[] chains = [ethereum, bitcoin, blockbook, cardano, xrpl];
        await using var monitor = new DepositMonitorHost(SettingsFor(chains, postgres.ConnectionString));
        monitor.Start();
        await Eventually.BecomesTrueAsync(_ => Task.FromResult(cardano.IsFollowed), Patience, () => monitor.LastLines);
        await CatchUpAsync(monitor, postgres, [.. chains.Where(chain => chain != cardano)]);

        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(chains.Select(chain => chain.GrowAsync()));
            await CatchUpAsync(monitor, postgres, chains);
        }

        var replaced = await Task.WhenAll(chains.Select(chain => chain.ReorganiseAsync()));
        await CatchUpAsync(monitor, postgres, chains);

        foreach (var (index, chain) in chains.Index())
        {
            var database = new MonitorDatabase(postgres.ConnectionString, chain.Name);
            var records = await database.ReadRecordsAsync();
            records.Payments.Where(payment => payment.Status != "retracted").Select(payment => Text(payment)).ShouldBe(chain.Payments.Select(one => one.ToUpperInvariant()), ignoreOrder: true, chain.Name);
            chain.Payments.Count.ShouldBeGreaterThanOrEqualTo(Rounds);
            records.Handled!.Select(one => one.Sequence).ShouldBe(records.Events.Select(one => one.Sequence), chain.Name);
            records.Events.ShouldContain(one => one.Kind == "confirmed", chain.Name);
            records.Events.Any(one => one.Kind is "retracted" or "moved").ShouldBe(replaced[index], chain.Name);
        }

        var health = await monitor.GetAsync("/health");
        health!["status"]!.GetValue<string>().ShouldBe("healthy", health.ToJsonString());
        health["chains"]!.AsObject().Select(one => one.Key).ShouldBe(chains.Select(chain => chain.Name), ignoreOrder: true);
        health["overall"]!["healthyChains"]!.GetValue<int>().ShouldBe(chains.Length);
        monitor.Starts.ShouldBe(1);
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);
    }

    private static async Task CatchUpAsync(DepositMonitorHost monitor, PostgresServer postgres, FollowedChain[] chains)
    {
        foreach (var chain in chains)
        {
            await monitor.CatchUpAsync(chain.ReadHeadAsync, new MonitorDatabase(postgres.ConnectionString, chain.Name), Patience);
        }
    }

    private static Dictionary<string, string?> SettingsFor(FollowedChain[] chains, string connectionString)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["ChainWatch:Postgres:ConnectionString"] = connectionString };
        foreach (var chain in chains)
        {
            settings[$"ChainWatch:Chains:{chain.Name}:Kind"] = chain.Name;
            foreach (var (key, value) in chain.Settings)
            {
                settings[$"ChainWatch:Chains:{chain.Name}:{key}"] = value;
            }
        }

        return settings;
    }

    private static string Text(StoredPayment payment)
    {
        var id = payment.TransactionId.StartsWith("0x", StringComparison.Ordinal) ? payment.TransactionId[2..] : payment.TransactionId;
        return string.Create(CultureInfo.InvariantCulture, $"{id} {payment.Amount} {payment.Asset}").ToUpperInvariant();
    }
}
