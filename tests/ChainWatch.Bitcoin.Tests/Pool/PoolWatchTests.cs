using System.Text.Json.Nodes;

namespace ChainWatch.Bitcoin.Tests;

public sealed class PoolWatchTests
{
    private static readonly string s_coin = new('7', 64);

    private readonly FakeChain _chain = new();
    private readonly List<string> _told = [];
    private readonly Dictionary<FakeNode, List<MadeTransaction>> _pools = [];
    private readonly Bench _bench;
    private readonly PoolWatch _watch;

    public PoolWatchTests()
    {
        _bench = new Bench(_chain, new FakeNode(_chain), new FakeNode(_chain));
        foreach (FakeNode node in _bench.Nodes)
        {
            _pools[node] = [];
            node.Intercept = (method, parameters) => Answer(node, method, parameters);
        }

        _watch = new PoolWatch(new PoolReader(_bench.Pool, _chain.Network, Matching.Coin), _chain.Network, Matching.Coin, TimeSpan.FromSeconds(2), _bench.Time);
        Look();
    }

    private List<MadeTransaction> Pool => _pools[_bench.Nodes[0]];

    [Fact]
    public void A_payment_that_waits_is_told_once()
    {
        MadeTransaction pay = Pay(1, 5, 6);
        Pool.Add(pay);
        Pool.Add(new MadeTransaction { Inputs = [(s_coin, 9)], Outputs = [new MadeOutput(1, Scripts.Data([1]))] });

        Look();
        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5", $"Pending {pay.Id}/1 6"]);
        _bench.Node.Count("getrawtransaction").ShouldBe(2, "each transaction is fetched once, whatever it pays");
    }

    [Fact]
    public void A_replacement_is_told_with_what_it_pays_and_after_what_it_replaced()
    {
        MadeTransaction first = Pay(1, 5);
        MadeTransaction second = Pay(1, 4);
        Pool.Add(first);
        Look();
        Pool.Clear();
        Pool.Add(second);

        Look();
        Look();
        Look();

        _told.ShouldBe([$"Pending {first.Id}/0 5", $"Replaced {first.Id}/0 5 by {second.Id}", $"Pending {second.Id}/0 4"]);
    }

    [Fact]
    public void A_replacement_that_pays_us_nothing_is_told_too()
    {
        MadeTransaction first = Pay(1, 5);
        MadeTransaction second = new() { Inputs = [(s_coin, 1)], Outputs = [new MadeOutput(1, Scripts.Data([1]))] };
        Pool.Add(first);
        Look();
        Pool.Clear();
        Pool.Add(second);

        Look();

        _told.ShouldBe([$"Pending {first.Id}/0 5", $"Replaced {first.Id}/0 5 by {second.Id}"]);
    }

    [Fact]
    public void What_is_mined_ends_without_a_word()
    {
        MadeTransaction pay = Pay(1, 5);
        Pool.Add(pay);
        Look();
        Pool.Clear();
        _chain.Mine(pay);
        _chain.Mine();

        Look();
        Look();
        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5"]);
    }

    [Fact]
    public void A_block_that_spends_the_same_coin_otherwise_is_a_conflict()
    {
        MadeTransaction pay = Pay(1, 5);
        MadeTransaction other = new() { Inputs = [(s_coin, 1)], Outputs = [new MadeOutput(5, Scripts.Data([1]))] };
        Pool.Add(pay);
        Look();
        Pool.Clear();
        _chain.Mine(other);

        Look();
        Look();
        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5", $"Conflicted {pay.Id}/0 5 by {other.Id}"]);
    }

    [Fact]
    public void What_is_gone_without_a_cause_is_evicted_and_told_again_when_it_comes_back()
    {
        MadeTransaction pay = Pay(1, 5);
        Pool.Add(pay);
        Look();
        Pool.Clear();
        Look();
        _told.ShouldBe([$"Pending {pay.Id}/0 5"], "one look may have fallen between the list and its block");
        Look();
        Pool.Add(pay);
        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5", $"Evicted {pay.Id}/0 5", $"Pending {pay.Id}/0 5"]);
    }

    [Fact]
    public void A_node_with_another_pool_evicts_nothing()
    {
        MadeTransaction pay = Pay(1, 5);
        Pool.Add(pay);
        Look();
        bool down = true;
        _bench.Nodes[0].Raw = (_, _) => down ? new HttpResponseMessage(System.Net.HttpStatusCode.BadGateway) { Content = new StringContent("") } : null;
        Look();
        down = false;
        _bench.Time.Advance(TimeSpan.FromMinutes(2));
        Look();
        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5"]);
    }

    [Fact]
    public void A_reorg_that_puts_a_payment_back_into_the_pool_tells_it_again()
    {
        MadeTransaction pay = Pay(1, 5);
        Pool.Add(pay);
        Look();
        Pool.Clear();
        _chain.Mine(pay);
        Look();
        _chain.Drop(1);
        _chain.Mine();
        _chain.Mine();
        Pool.Add(pay);

        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5", $"Pending {pay.Id}/0 5"]);
    }

    [Fact]
    public void What_no_version_known_can_read_is_passed_over()
    {
        MadeTransaction pay = Pay(1, 5);
        Pool.Add(new MadeTransaction { Inputs = [(s_coin, 3)], Outputs = [MadeOutput.To(Bench.Alice, 5, Matching.Regtest)], Extension = true });
        Pool.Add(pay);

        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5"]);
    }

    private static MadeTransaction Pay(uint coin, params long[] amounts) =>
        new() { Inputs = [(s_coin, coin)], Outputs = [.. amounts.Select(static amount => MadeOutput.To(Bench.Alice, amount, Matching.Regtest))], Witness = [[[1]]] };

    private void Look() => _bench.Run(async () =>
    {
        await _watch.LookAsync(
            _bench.Watched,
            (change, _) =>
            {
                _told.Add($"{change.Kind} {change.Transfer.TransactionId}/{change.Transfer.Ordinal} {change.Transfer.Amount}{(change.DisplacedBy is { } by ? $" by {by}" : "")}");
                return Task.CompletedTask;
            },
            CancellationToken.None);
        return true;
    });

    private JsonNode? Answer(FakeNode node, string method, JsonArray parameters) => method switch
    {
        "getrawmempool" => new JsonArray([.. _pools[node].Select(static one => (JsonNode)one.Id)]),
        "getbestblockhash" => _chain.Head.Hash,
        "getrawtransaction" => _pools[node].Find(one => one.Id == (string)parameters[0]!) is { } found ? Convert.ToHexStringLower(found.Whole) : throw new FakeRpcException(-5, "No such mempool transaction"),
        _ => null,
    };
}
