using System.Globalization;
using ChainWatch.TestInfrastructure;
using ChainWatch.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Cardano.Tests;

/// <summary>A whole host on the in-memory store follows replay servers whose chain is rewritten at random; at the end its payments are those of the final chain, as a naive reading of it has them.</summary>
public sealed class FollowerTests
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1" ? 400 : 40;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task After_random_rollbacks_restarts_and_silences_the_payments_are_those_of_the_final_chain(int seed)
    {
        Random random = new(seed);
        FakeBlock first = FakeBlock.First(5_000_000, v7: seed % 2 == 0);
        List<FakeBlock> chain = [first, .. first.Grow(60, "start")];
        await using OgmiosServer one = await OgmiosServer.StartAsync(chain);
        await using OgmiosServer two = await OgmiosServer.StartAsync(chain);
        EventLog events = new();
        using IHost host = Host(one, two, events);
        await host.StartAsync();
        IWatchlist watchlist = host.Services.GetRequiredService<IWatchlist>();
        await watchlist.AddAsync("cardano", Someone.Bob, PaymentReference.For("order", "1"), CancellationToken.None);
        await watchlist.AddAsync("cardano", Someone.Carol, PaymentReference.For("order", "2"), CancellationToken.None);
        FakeBlock last = chain[^1].Grow(1, "begin")[0];
        Publish([last], one, two);
        ChainStatus status = host.Services.GetRequiredService<ChainRegistry>().Get("cardano").Status;
        await UntilAsync(() => status.Cursor == last.Point, () => $"seed {seed}: the cursor stands at {status.Cursor}, {status.LastError}");

        List<FakeBlock> since = [last];
        int transaction = 0;
        for (int round = 0; round < Rounds; round++)
        {
            int depth = random.Next(3) == 0 ? Math.Min(random.Next(1, 12), since.Count - 1) : 0;
            List<FakeBlock> dropped = since.GetRange(since.Count - depth, depth);
            since.RemoveRange(since.Count - depth, depth);
            List<FakeTransaction> again = [.. dropped.SelectMany(static block => block.Transactions).Where(_ => random.Next(4) > 0)];
            List<FakeBlock> fresh = [];
            for (int count = depth + random.Next(1, 4); count > 0; count--)
            {
                FakeBlock parent = fresh.Count > 0 ? fresh[^1] : since[^1];
                List<FakeTransaction> transactions = [.. again.Take(random.Next(3))];
                again.RemoveRange(0, transactions.Count);
                while (random.Next(2) == 0)
                {
                    transactions.Add(Make(random, seed, ++transaction));
                }

                fresh.Add(parent.Next(string.Create(CultureInfo.InvariantCulture, $"{round}"), [.. transactions]));
            }

            since.AddRange(fresh);
            Publish(fresh, one, two);
            switch (random.Next(8))
            {
                case 0:
                    one.BreakAll();
                    break;
                case 1:
                    await one.CloseAllAsync("Connection with the node lost");
                    break;
                case 2:
                    two.BreakAll();
                    one.BreakAll();
                    break;
                case 3:
                    await UntilAsync(() => status.Cursor == since[^1].Point, () => $"seed {seed}, round {round}: the cursor stands at {status.Cursor}, {status.LastError}");
                    break;
            }
        }

        List<FakeBlock> end = since[^1].Grow(3, "end");
        since.AddRange(end);
        Publish(end, one, two);
        await UntilAsync(() => status.Cursor == since[^1].Point, () => $"seed {seed}: the cursor stands at {status.Cursor} instead of {since[^1].Point}, {status.LastError}");

        IWatchStore store = host.Services.GetRequiredService<IWatchStore>();
        Chain registered = host.Services.GetRequiredService<ChainRegistry>().Get("cardano").Chain;
        IReadOnlyList<Payment> payments = await store.ReadPaymentsAsync(registered, 100_000, CancellationToken.None);
        string[] expected = [.. since.SelectMany(static block => block.Expect(Someone.Bob, Someone.Carol).Select(line => $"{line} @{block.Point.Height} {block.Point.Hash}"))];
        string[] actual = [.. payments.Where(static payment => payment.Status != PaymentStatus.Retracted).Select(Write)];
        actual.Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal), $"seed {seed}");
        expected.Length.ShouldBeGreaterThan(10);

        // Every event that was emitted is delivered in the end, and folded they say the same.
        await UntilAsync(() => events.Standing().Count == actual.Length, () => $"seed {seed}: {events.Standing().Count} payments stand by the events, {actual.Length} in the store");
        events.Standing().Order(StringComparer.Ordinal).ShouldBe(payments.Where(static payment => payment.Status != PaymentStatus.Retracted).Select(static payment => $"{payment.TransactionId}/{payment.Id.Ordinal}").Order(StringComparer.Ordinal));

        // A transaction that comes again in the new branch is moved: nobody hears that it was gone and found again.
        events.Wrong.ShouldBeEmpty();
        await host.StopAsync();
    }

    private static string Write(Payment payment) =>
        $"{payment.TransactionId}/{payment.Id.Ordinal} {payment.Address} {payment.Asset} {payment.Amount} {payment.Tag ?? "-"} @{payment.Block.Height} {payment.Block.Hash}";

    private static FakeTransaction Make(Random random, int seed, int number)
    {
        string[] people = [Someone.Alice, Someone.Bob, Someone.Carol];
        FakeOutput[] outputs = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new FakeOutput(people[random.Next(3)], random.Next(1, 1_000_000), random.Next(3) == 0 ? [(Someone.Policy, random.Next(2) == 0 ? "474f4c44" : "", random.Next(1, 99))] : []))];
        return new FakeTransaction(string.Create(CultureInfo.InvariantCulture, $"{seed}/{number}"), outputs)
        {
            Failed = random.Next(6) == 0,
            Return = random.Next(2) == 0 ? new FakeOutput(Someone.Bob, random.Next(1, 9)) : null,
            Memo = random.Next(4) == 0 ? [string.Create(CultureInfo.InvariantCulture, $"order {number}")] : null,
        };
    }

    private static void Publish(IReadOnlyList<FakeBlock> blocks, params OgmiosServer[] servers)
    {
        foreach (OgmiosServer server in servers)
        {
            server.Replace(blocks);
        }
    }

    private static IHost Host(OgmiosServer one, OgmiosServer two, EventLog events)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(events);
        builder.Services.AddChainWatch(watch =>
        {
            watch.AddCardano("cardano", cardano =>
            {
                cardano.Endpoints.Add(one.WebSocketUrl);
                cardano.Endpoints.Add(two.WebSocketUrl);
                cardano.Network = Someone.Network;
                cardano.PollInterval = TimeSpan.FromMilliseconds(50);
                cardano.Confirmations = "3";
                cardano.StartAt = "5000061";
                cardano.Tokens.Add("GOLD", Someone.Policy, "474F4C44", 2);
                cardano.Tokens.Add("NAMELESS", Someone.Policy, "", 0);
            });
            watch.AddPaymentHandler<EventLog.Handler>();
        });
        return builder.Build();
    }

    private static Task UntilAsync(Func<bool> condition, Func<string> otherwise) => Eventually.BecomesTrueAsync(_ => Task.FromResult(condition()), TimeSpan.FromMinutes(2), otherwise);
}
