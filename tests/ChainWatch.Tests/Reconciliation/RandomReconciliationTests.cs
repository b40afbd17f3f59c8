using System.Numerics;
using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>Reconciliations beside random traffic, reorgs and owners at work: nothing is ever said that is not so, and what is hidden is found.</summary>
public sealed class RandomReconciliationTests
{
    private static readonly int s_runs = int.TryParse(Environment.GetEnvironmentVariable("CHAINWATCH_RECONCILIATIONS"), out int runs) ? runs : 60;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_is_said_that_is_not_so(bool hasOutputs)
    {
        for (int seed = 1; seed <= s_runs; seed++)
        {
            Run(hasOutputs, seed, hide: false).ShouldBeEmpty($"seed {seed}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_an_endpoint_left_out_is_found_whatever_else_goes_on(bool hasOutputs)
    {
        for (int seed = 1; seed <= s_runs / 4; seed++)
        {
            IReadOnlyList<Discrepancy> found = Run(hasOutputs, seed, hide: true);
            found.ShouldHaveSingleItem($"seed {seed}").Kind.ShouldBe(DiscrepancyKind.MissingPayment, $"seed {seed}");
        }
    }

    private static IReadOnlyList<Discrepancy> Run(bool hasOutputs, int seed, bool hide)
    {
        SeededRandom random = new(seed);
        using ReconciliationBench bench = new(hasOutputs, new ReconciliationOptions { Every = TimeSpan.FromMinutes(1) });
        bench.State.MaxAddresses = 3;
        bench.State.KnowsOnlyNewest = seed % 3 == 0;
        bench.State.Keeps = seed % 4 == 1 ? 12 : long.MaxValue;
        bench.Engine.Start();
        string[] labels = [.. Enumerable.Range(1, 8).Select(static number => $"address {number}")];
        Dictionary<string, BigInteger> held = [];
        foreach (string label in labels)
        {
            bench.Engine.Watch(label);
        }

        // Moves of the chain come between any two questions and answers.
        bench.State.BeforeAnswer = () =>
        {
            if (random.Chance(0.2))
            {
                bench.Chain.Reorg(1 + random.Next(3), [.. Enumerable.Range(0, 4).Select(_ => (IReadOnlyList<SimulatedTransaction>)[bench.Chain.Pay(SimulatedFormat.Address(random.Pick(labels)), 1 + random.Next(50))])]);
            }
        };
        SimulatedTransaction? hidden = null;
        List<SimulatedTransaction> dropped = [];
        List<SimulatedTransaction> unspent = [];
        for (int block = 0; block < 60; block++)
        {
            List<SimulatedTransaction> transactions = [.. Enumerable.Range(0, random.Next(3)).Select(_ => bench.Chain.Pay(SimulatedFormat.Address(random.Pick(labels)), 1 + random.Next(100), random.Chance(0.3) ? bench.Chain.Token : null))];
            unspent.AddRange(transactions);
            if (dropped.Count > 0 && random.Chance(0.5))
            {
                transactions.Add(dropped[^1]);
                dropped.RemoveAt(dropped.Count - 1);
            }

            if (hasOutputs && unspent.Count > 4 && random.Chance(0.4))
            {
                SimulatedTransaction spending = bench.Chain.Pay(SimulatedFormat.Address("elsewhere"), 1);
                transactions.Add(new SimulatedTransaction(spending.Id, spending.Transfers) { Spends = [new OutputId(random.Pick(unspent).Id, 0)] });
            }

            if (hide && block == 40)
            {
                hidden = bench.Chain.Pay(SimulatedFormat.Address(random.Pick(labels)), 1_000_000);
                bench.Endpoint.Hides = transaction => transaction.Id == hidden.Id;
                transactions.Add(hidden);
            }

            if (random.Chance(0.15) && bench.Chain.Head.Height > 4 && !(hide && block is >= 40 and < 48))
            {
                int depth = 1 + random.Next(3);
                dropped.AddRange(Enumerable.Range(0, depth).SelectMany(back => bench.Chain.At(bench.Chain.Head.Height - back)!.Transactions));
                bench.Chain.ReorgEmpty(depth, depth + 1);
            }

            MinedBlock mined = bench.Chain.Mine(transactions);
            if (!hasOutputs && random.Chance(0.2))
            {
                BigInteger amount = 1 + random.Next(20);
                bench.State.Change(mined, SimulatedFormat.Address(random.Pick(labels)), -amount, transactions: 1, moved: new BlockMovements { Sent = amount - 1, Fees = 1 });
            }

            bench.Engine.Scheduler.Advance(TimeSpan.FromSeconds(5));
            if (hide && block == 46)
            {
                bench.Endpoint.Hides = null;
            }
        }

        bench.State.BeforeAnswer = null;
        bench.Settle();
        bench.Reconcile();
        IReadOnlyList<ReconciliationRun> runs = bench.Engine.Ask(store => store.Reconciliations.ReadRunsAsync(bench.Chain.Chain, 100, CancellationToken.None));
        runs.Count.ShouldBeGreaterThan(3);
        return [.. runs.SelectMany(run => bench.Found(run.Id)).Where(static one => one.IsAlarm).DistinctBy(static one => (one.Kind, one.TransactionId, one.Ordinal, one.Address))];
    }
}
