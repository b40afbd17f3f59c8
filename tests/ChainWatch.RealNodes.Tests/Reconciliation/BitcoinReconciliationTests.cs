using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.Bitcoin;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Records in PostgreSQL against the unspent outputs of a real node: each kind of difference is put there by hand, found, explained, and repaired where that is allowed.</summary>
public sealed class BitcoinReconciliationTests
{
    private static readonly string Nobody = new('e', 64);
    private static readonly string Nowhere = new('d', 64);

    [Fact]
    public async Task Each_kind_of_difference_is_found_explained_and_repaired_where_it_may_be()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await BitcoinNode.StartAsync(BitcoinNodeKind.Knots);
        var watched = new string[9];
        var paid = new string[9];
        for (var index = 0; index < watched.Length; index++)
        {
            watched[index] = await node.NewAddressAsync("bech32");
            paid[index] = await PayAsync(node, watched[index], 100_000_000 + index);
            await node.MineAsync();
        }

        var (deleted, changed, retracted, extra, orphaned, unspent, spent, owned, gone) = (0, 1, 2, 3, 4, 5, 6, 7, 8);
        foreach (var index in new[] { unspent, owned, gone })
        {
            await SpendAsync(node, paid[index], 100_000_000 + index);
        }

        await node.MineAsync(10);
        using var host = Create(node, watched, postgres.ConnectionString);
        await host.StartAsync(TestContext.Current.CancellationToken);
        ReconciledRecords records = new(postgres, host, "bitcoin");
        await records.CatchUpAsync(await node.Rpc.CallTextAsync("getbestblockhash"));
        (await records.ReconcileAsync()).ShouldBeEmpty("nobody has touched anything yet, and what its owner spent is recorded");
        await records.ChangeAsync($"delete from chainwatch.payment where tx_id = '{paid[deleted]}'");
        await records.ChangeAsync($"update chainwatch.payment set amount = 5 where tx_id = '{paid[changed]}'");
        await records.ChangeAsync($"update chainwatch.payment set status = 'retracted' where tx_id = '{paid[retracted]}'");
        await records.ForgeAsync(like: paid[extra], transaction: Nobody);
        await records.ForgeAsync(like: paid[orphaned], transaction: Nowhere, block: Nobody);
        await records.ChangeAsync($"delete from chainwatch.spend where tx_id = '{paid[unspent]}'");
        await records.ChangeAsync(
            $"""
            insert into chainwatch.spend (chain, tx_id, output, spent_by, block_height, block_hash, block_slot, partition)
            select chain, tx_id, ordinal, '{Nobody}', block_height, block_hash, block_slot, partition from chainwatch.payment where tx_id = '{paid[spent]}'
            """);
        await records.ChangeAsync($"delete from chainwatch.payment where tx_id = '{paid[gone]}'");

        var found = await records.ReconcileAsync(new ReconciliationRequest { Repair = true });

        found.Select(one => (one.Address, one.Kind, one.TransactionId, one.Repair)).ShouldBe(
            [
                (watched[deleted], DiscrepancyKind.MissingPayment, paid[deleted], RepairState.Repaired),
                (watched[changed], DiscrepancyKind.ChangedPayment, paid[changed], RepairState.Repaired),
                (watched[retracted], DiscrepancyKind.MissingPayment, paid[retracted], RepairState.Repaired),
                (watched[extra], DiscrepancyKind.ExtraPayment, Nobody, RepairState.Operator),
                (watched[orphaned], DiscrepancyKind.Orphaned, Nowhere, RepairState.Operator),
                (watched[unspent], DiscrepancyKind.MissedSpending, paid[unspent], RepairState.Repaired),
                (watched[spent], DiscrepancyKind.WrongSpending, paid[spent], RepairState.Operator),
                // It was spent, so no balance lacks it; but it was among the records when they agreed.
                (watched[gone], DiscrepancyKind.MissingPayment, paid[gone], RepairState.Repaired),
            ],
            ignoreOrder: true,
            string.Join('\n', found));
        var amounts = found.Single(one => one.Kind == DiscrepancyKind.ChangedPayment);
        (amounts.Recorded, amounts.OnChain).ShouldBe((5, 100_000_000 + changed));
        (await records.ReconcileAsync()).Select(one => one.Kind).ShouldBe([DiscrepancyKind.ExtraPayment, DiscrepancyKind.Orphaned, DiscrepancyKind.WrongSpending], ignoreOrder: true);
        (await records.Database.ReadSpendsAsync()).Where(one => one.SpentBy != Nobody).Select(one => one.TransactionId).ShouldBe([paid[unspent], paid[owned], paid[gone]], ignoreOrder: true);
        (await records.Database.ReadEventsAsync()).Count(one => one.Kind == "detected").ShouldBe(paid.Length, "nobody was told twice");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Pays from the reward of a block, which is nobody's that is watched.</summary>
    private static async Task<string> PayAsync(BitcoinNode node, string to, long amount)
    {
        var rewards = (await node.Wallet.CallAsync("listunspent", 101))!.AsArray();
        var reward = rewards.First(one => one!["amount"]!.GetValue<decimal>() == 50)!;
        return await SendAsync(node, reward["txid"]!.GetValue<string>(), reward["vout"]!.GetValue<int>(), (to, amount), (await node.NewAddressAsync("bech32"), 5_000_000_000 - amount - 10_000));
    }

    private static async Task SpendAsync(BitcoinNode node, string paid, long amount) => await SendAsync(node, paid, 0, (await node.NewAddressAsync("bech32"), amount - 10_000));

    private static async Task<string> SendAsync(BitcoinNode node, string from, int output, params (string To, long Amount)[] payments)
    {
        var outputs = new JsonArray([.. payments.Select(one => new JsonObject { [one.To] = (one.Amount / 100_000_000m).ToString("F8", CultureInfo.InvariantCulture) })]);
        var raw = await node.Rpc.CallTextAsync("createrawtransaction", new[] { new { txid = from, vout = output } }, outputs);
        var signed = await node.Wallet.CallAsync("signrawtransactionwithwallet", raw);
        return await node.Rpc.CallTextAsync("sendrawtransaction", signed!["hex"]!.GetValue<string>());
    }

    private static IHost Create(BitcoinNode node, IEnumerable<string> watched, string connectionString)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(new LastLog());
        builder.Services.AddChainWatch(watch =>
        {
            watch.UsePostgres(connectionString);
            watch.AddBitcoin("bitcoin", bitcoin =>
            {
                bitcoin.Network = "regtest";
                bitcoin.Endpoints.Add(new EndpointOptions { Url = node.Url, CredentialsFile = node.CookieFile });
                bitcoin.StartAt = "0";
                bitcoin.PollInterval = TimeSpan.FromMilliseconds(100);
                foreach (var address in watched)
                {
                    bitcoin.Addresses.Add(address);
                }
            });
        });
        return builder.Build();
    }
}
