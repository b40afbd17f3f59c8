using System.Numerics;
using System.Text.Json.Nodes;

namespace ChainWatch.Blockbook.Tests;

public sealed class StateReaderTests
{
    [Theory]
    [InlineData(Way.Http)]
    [InlineData(Way.Both)]
    [InlineData(Way.Socket)]
    public async Task What_an_address_of_Bitcoins_kind_holds_is_told_with_its_point(Way way)
    {
        BitcoinChain chain = new(5);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], way);

        ChainState state = await ReadAsync(follow, chain.Bob, chain.Address(3));

        state.Point.ShouldBe(chain.Blocks[^1].Point);
        BigInteger expected = chain.Payments.Aggregate(BigInteger.Zero, static (sum, text) => sum + BigInteger.Parse(text.Split(' ')[1]));
        state.Addresses[0].Balances.ShouldHaveSingleItem().Amount.ShouldBe(expected);
        state.Addresses[1].Balances.ShouldHaveSingleItem().Amount.ShouldBe(0);
        if (way == Way.Socket)
        {
            state.Addresses[0].Unspent.ShouldBeNull();
        }
        else
        {
            state.Addresses[0].Unspent!.Select(static output => $"{output.TransactionId}/{output.Ordinal} {output.Amount} BTC").ShouldBe(chain.Payments, ignoreOrder: true);
        }
    }

    [Theory]
    [InlineData(Way.Http)]
    [InlineData(Way.Socket)]
    public async Task What_an_account_holds_is_told_of_every_watched_asset(Way way)
    {
        EthereumChain chain = new(5);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], way, configure: static options => options.Tokens.Add("DAI", "0x6B175474E89094C44Da98b954EedeAC495271d0F", 18));

        ChainState state = await ReadAsync(follow, chain.Bob);

        BigInteger ether = chain.Payments.Where(static text => text.EndsWith("ETH", StringComparison.Ordinal)).Aggregate(BigInteger.Zero, static (sum, text) => sum + BigInteger.Parse(text.Split(' ')[1]));
        state.Addresses[0].Balances.Select(static balance => $"{balance.Amount} {balance.Asset}").ShouldBe([$"{ether} ETH", "125 USDC", "0 DAI"]);
    }

    [Fact]
    public async Task Nothing_is_told_where_the_chain_moved_meanwhile()
    {
        BitcoinChain chain = new(5);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], Way.Http);
        bool moved = false;
        server.Change = (path, answer) =>
        {
            if (path.StartsWith("api/v2/utxo/", StringComparison.Ordinal) && !moved)
            {
                moved = true;
                ((IServedChain)chain).Reorganise(1, 1);
                server.ServeAsync(chain.Blocks).GetAwaiter().GetResult();
            }

            return answer;
        };

        Answer<ChainState> answer = await follow.Registration.StateReader!.ReadStateAsync([follow.Watched.Keys.Single()], at: null, CancellationToken.None);

        answer.Kind.ShouldBe(AnswerKind.Unknown);
        (await follow.Registration.StateReader.ReadStateAsync([follow.Watched.Keys.Single()], new ChainPoint(99, default), CancellationToken.None)).Kind.ShouldBe(AnswerKind.NotYet);
        (await follow.Registration.StateReader.ReadStateAsync([follow.Watched.Keys.Single()], at: null, CancellationToken.None)).Kind.ShouldBe(AnswerKind.Found);
    }

    [Fact]
    public async Task A_connection_asks_for_no_more_accounts_than_it_may()
    {
        EthereumChain chain = new(2);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], Way.Socket);

        for (int batch = 0; batch < 6; batch++)
        {
            string[] addresses = [.. Enumerable.Range(0, 10).Select(index => $"0x{new string('0', 36)}{batch:x2}{index:x2}")];
            (await ReadAsync(follow, addresses)).Addresses.Count.ShouldBe(10);
        }

        server.Connects.ShouldBe(2);
    }

    [Fact]
    public async Task Outputs_that_are_not_confirmed_and_amounts_that_are_none_do_not_count()
    {
        BitcoinChain chain = new(2);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], Way.Http);
        string id = new('a', 64);
        server.Change = (path, answer) => path.StartsWith("api/v2/utxo/", StringComparison.Ordinal)
            ? JsonNode.Parse($$"""[{"txid":"{{id}}","vout":1,"value":"5","confirmations":0},{"txid":"{{id}}","vout":0,"value":"100000000","height":1,"confirmations":2}]""")
            : answer;

        (await ReadAsync(follow, chain.Bob)).Addresses[0].Unspent!.ShouldHaveSingleItem().Amount.ShouldBe(100_000_000);
        server.Change = static (path, answer) => path.StartsWith("api/v2/utxo/", StringComparison.Ordinal) ? JsonNode.Parse("""[{"txid":"x","vout":0,"value":"1e8","confirmations":2}]""") : answer;
        (await follow.Registration.StateReader!.ReadStateAsync([follow.Watched.Keys.Single()], at: null, CancellationToken.None)).Kind.ShouldBe(AnswerKind.Unknown);
    }

    private static async Task<ChainState> ReadAsync(Follow follow, params string[] addresses)
    {
        Answer<ChainState> answer = await follow.Registration.StateReader!.ReadStateAsync([.. addresses.Select(follow.Registration.Chain.Format.ParseAddress)], at: null, CancellationToken.None);
        answer.Kind.ShouldBe(AnswerKind.Found, answer.Reason);
        return answer.Value!;
    }
}
