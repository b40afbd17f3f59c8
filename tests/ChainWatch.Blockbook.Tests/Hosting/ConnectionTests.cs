using System.Globalization;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Blockbook.Tests;

/// <summary>A public instance counts the connections of a client, and what they are opened for. A whole host, with all that asks an instance in it, has one.</summary>
public sealed class ConnectionTests
{
    private const string Chain = "coin";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(Way.Both)]
    [InlineData(Way.Socket)]
    public async Task A_host_that_follows_reads_back_and_reconciles_has_one_connection_to_an_instance_for_all_of_it(Way way)
    {
        EthereumChain chain = new(12);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        server.ExtendedIndex = true;
        using IHost host = Build(chain, server, way);
        await host.StartAsync();
        IWatchlist watchlist = host.Services.GetRequiredService<IWatchlist>();
        ChainStatus status = host.Services.GetRequiredService<ChainRegistry>().Get(Chain).Status;
        await UntilAsync(() => status.Cursor == chain.Blocks[^1].Point, status);

        // The past is read for a new address while new blocks come.
        await watchlist.AddAsync(Chain, chain.Bob, PaymentReference.For("order", "1"), since: 1, CancellationToken.None);
        for (int mined = 0; mined < 10; mined++)
        {
            chain.Mine();
            await server.ServeAsync(chain.Blocks);
            await UntilAsync(() => status.Cursor == chain.Blocks[^1].Point, status);
        }

        IReconciliation reconciliation = host.Services.GetRequiredService<IReconciliation>();
        long run = await reconciliation.RequestAsync(Chain, new ReconciliationRequest(), CancellationToken.None);
        await Eventually.BecomesTrueAsync(
            async cancellation => await reconciliation.FindAsync(Chain, run, cancellation) is { EndedAt: not null }, Patience, () => $"the reconciliation does not end: {status.LastError}");

        server.Count("getAccountInfo").ShouldBeGreaterThan(0);
        server.Count("subscribeNewBlock").ShouldBe(1);
        (server.Connects, server.MostConnections).ShouldBe((1, 1));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_connection_that_may_ask_for_no_more_accounts_is_replaced_when_all_that_was_asked_over_it_is_answered()
    {
        EthereumChain chain = new(2);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        ObservedEndpoints observed = new();
        using EndpointClient client = new(Chain, "one", new EndpointOptions { Url = server.SocketUrl }, TimeProvider.System, NullLogger.Instance, observer: observed, transport: null, seed: 1);
        using BlockbookEndpoint endpoint = new(client, hasHttp: false, new BlockbookIdentity(Chain, Coin.Find(chain.Coin)!), new NewBlockFeed(), limited: false, Patience, TimeProvider.System, NullLogger.Instance);
        for (int account = 0; account < PublicLimits.AccountsOfConnection; account++)
        {
            await AskAccountAsync(endpoint, account);
        }

        // The head is asked for, and before it is told, one account more than the connection may ask for.
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim answers = new();
        server.Change = (method, answer) =>
        {
            if (method == "getInfo" && asked.TrySetResult())
            {
                answers.Wait(Patience);
            }

            return answer;
        };
        Task<ChainPoint> head = endpoint.ReadTipAsync(CancellationToken.None).AsTask();
        await asked.Task.WaitAsync(Patience);
        Task more = AskAccountAsync(endpoint, PublicLimits.AccountsOfConnection);
        answers.Set();

        (await head).ShouldBe(chain.Blocks[^1].Point);
        await more;
        server.Connects.ShouldBe(2);
        observed.Failed.ShouldBeEmpty();
    }

    private static async Task AskAccountAsync(BlockbookEndpoint endpoint, int account)
    {
        string address = string.Create(CultureInfo.InvariantCulture, $"0x{account:x40}");
        using ServerAnswer answer = await endpoint.AskSocketAsync("getAccountInfo", $"{{\"descriptor\":\"{address}\",\"details\":\"basic\"}}", CancellationToken.None, address);
    }

    private static IHost Build(EthereumChain chain, BlockbookServer server, Way way)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Logging.ClearProviders();
        builder.Services.AddChainWatch(watch => watch.AddBlockbook(Chain, blockbook =>
        {
            blockbook.Coin = chain.Coin;
            blockbook.GenesisHash = Hash256.Parse(chain.Blocks[0].Hash).ToString();
            blockbook.Endpoints.Add(way == Way.Socket ? server.SocketUrl : server.Url, way == Way.Both ? server.SocketUrl : null);
            blockbook.Limits = BlockbookLimits.None;
            blockbook.PollInterval = TimeSpan.FromMilliseconds(20);
            blockbook.StartAt = "0";
            blockbook.Confirmations = "3";
            blockbook.Tokens.Add("USDC", EthereumChain.Usdc, 6);
        }));
        return builder.Build();
    }

    private static Task UntilAsync(Func<bool> condition, ChainStatus status) =>
        Eventually.BecomesTrueAsync(_ => Task.FromResult(condition()), Patience, () => $"the cursor stands at {status.Cursor}, {status.LastError}");
}
