using ChainWatch.Bitcoin;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.RealNodes.Tests;

/// <summary>bcoin: flags where others have verbosities, another code for what it does not know, no long poll, address prefixes of its own, and blocks that it forgets when they are replaced.</summary>
public sealed class BcoinTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task It_is_followed_through_reorgs_by_the_same_options_as_any_node()
    {
        await using var node = await BcoinNode.StartAsync();
        var random = new Random(Effort.Seed());
        var format = new BitcoinFormat(BitcoinNetwork.Regtest with { Prefix = "rb", PublicKeyHashVersion = 0x3c, ScriptHashVersion = 0x26 });
        var ours = Enumerable.Range(0, 3).Select(number => Address(format, (byte)(number + 1))).ToList();
        var store = new InMemoryWatchStore(maxEvents: 1_000_000);
        using var host = CreateHost(node, store, ours);
        await host.StartAsync();
        var chain = host.Services.GetRequiredService<ChainRegistry>().Get("bcoin").Chain;

        for (var reorg = 0; reorg < 20; reorg++)
        {
            await MineAsync(node, format, ours, random, random.Next(1, 6));
            if (random.Next(3) > 0)
            {
                await CatchUpAsync(node, store, chain);
            }

            var head = (await node.CallAsync("getblockcount"))!.GetValue<long>();
            var depth = (int)Math.Min(random.Next(1, 8), head - 1);
            if (depth > 0)
            {
                // It has no other way back: the oldest block is taken back first, and the rest with it.
                await node.CallAsync("invalidateblock", await node.CallTextAsync("getblockhash", head - depth + 1));
                await MineAsync(node, format, ours, random, depth + 1);
            }
        }

        await CatchUpAsync(node, store, chain);
        var truth = await ScanAsync(node, ours);
        var payments = await store.ReadPaymentsAsync(chain, int.MaxValue, CancellationToken.None);

        truth.Count.ShouldBeGreaterThan(5);
        payments.Where(payment => payment.Status != PaymentStatus.Retracted)
            .Select(payment => (payment.TransactionId, payment.Address, (long)payment.Amount, payment.Block.Height)).ShouldBe(truth, ignoreOrder: true);
        payments.ShouldContain(payment => payment.Status == PaymentStatus.Retracted, "some reorg took a payment back");
        await host.StopAsync();
    }

    [Fact]
    public async Task It_has_no_state_to_read_and_says_so()
    {
        await using var node = await BcoinNode.StartAsync();
        var format = new BitcoinFormat(BitcoinNetwork.Regtest with { Prefix = "rb", PublicKeyHashVersion = 0x3c, ScriptHashVersion = 0x26 });
        using var host = CreateHost(node, new InMemoryWatchStore(), []);

        var answer = await host.Services.GetRequiredService<ChainRegistry>().Get("bcoin").StateReader!.ReadStateAsync([format.ParseAddress(Address(format, 1))], at: null, CancellationToken.None);

        answer.Kind.ShouldBe(AnswerKind.Unknown);
        answer.Reason.ShouldNotBeNull().ShouldContain("scantxoutset");
    }

    private static IHost CreateHost(BcoinNode node, InMemoryWatchStore store, IReadOnlyList<string> addresses)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton<IWatchStore>(store);
        builder.Services.AddChainWatch(watch => watch.AddBitcoin("bcoin", bitcoin =>
        {
            bitcoin.Network = "regtest";
            bitcoin.AddressPrefix = "rb";
            bitcoin.PublicKeyHashVersion = 0x3c;
            bitcoin.ScriptHashVersion = 0x26;
            bitcoin.Endpoints.Add(node.Url);
            bitcoin.StartAt = "0";
            bitcoin.PollInterval = TimeSpan.FromMilliseconds(100);
            foreach (var address in addresses)
            {
                bitcoin.Addresses.Add(address);
            }
        }));
        return builder.Build();
    }

    private static string Address(BitcoinFormat format, byte number) => format.FormatAddress(OutputScript.OfPublicKeyHash([.. Enumerable.Repeat(number, 20)]));

    private static async Task MineAsync(BcoinNode node, BitcoinFormat format, List<string> ours, Random random, int blocks)
    {
        for (; blocks > 0; blocks--)
        {
            var hash = new byte[20];
            random.NextBytes(hash);
            await node.CallAsync("generatetoaddress", 1, random.Next(2) == 0 ? ours[random.Next(ours.Count)] : format.FormatAddress(OutputScript.OfPublicKeyHash(hash)));
        }
    }

    private static Task CatchUpAsync(BcoinNode node, InMemoryWatchStore store, Chain chain) => Eventually.BecomesTrueAsync(
        async _ => (await store.LoadAsync(chain, 0, CancellationToken.None)).Cursor?.Hash.ToString() == await node.CallTextAsync("getbestblockhash"),
        Patience,
        () => "the head is not reached");

    private static async Task<List<(string, string, long, long)>> ScanAsync(BcoinNode node, List<string> ours)
    {
        var found = new List<(string, string, long, long)>();
        var head = (await node.CallAsync("getblockcount"))!.GetValue<long>();
        for (var height = 0L; height <= head; height++)
        {
            var block = await node.CallAsync("getblock", await node.CallTextAsync("getblockhash", height), true, true);
            foreach (var transaction in block!["tx"]!.AsArray())
            {
                foreach (var output in transaction!["vout"]!.AsArray())
                {
                    if (output!["scriptPubKey"]!["addresses"]?[0]?.GetValue<string>() is { } address && ours.Contains(address))
                    {
                        found.Add((transaction["txid"]!.GetValue<string>(), address, BitcoinTraffic.Satoshis(output["value"]!), height));
                    }
                }
            }
        }

        return found;
    }
}
