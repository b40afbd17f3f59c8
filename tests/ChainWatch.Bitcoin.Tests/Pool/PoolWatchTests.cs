using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Bitcoin.Tests;

public sealed class PoolWatchTests
{
    private const string Bob = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    private static readonly string s_coin = new('7', 64);
    private static readonly Chain s_bitcoin = new() { Name = "bitcoin", Kind = "bitcoin", Format = Matching.Regtest, BlockTime = TimeSpan.FromMinutes(10), Assets = [Matching.Coin] };

    private readonly InMemoryWatchStore _store = new();
    private readonly FakeChain _chain = new();
    private readonly List<string> _told = [];
    private readonly Dictionary<FakeNode, List<MadeTransaction>> _pools = [];
    private readonly Bench _bench;
    private readonly PoolWatch _watch;
    private readonly PendingAddresses _watched;
    private AddressSet _matched;

    public PoolWatchTests()
    {
        _bench = new Bench(_chain, new FakeNode(_chain), new FakeNode(_chain));
        foreach (FakeNode node in _bench.Nodes)
        {
            _pools[node] = [];
            node.Intercept = (method, parameters) => Answer(node, method, parameters);
        }

        _watch = new PoolWatch(new PoolReader(_bench.Pool, _chain.Network, Matching.Coin), _chain.Network, Matching.Coin, TimeSpan.FromSeconds(2), _bench.Time);
        // No block comes: what blocks are matched against stays as it is.
        _matched = _bench.Watched;
        _watched = new PendingAddresses(s_bitcoin, _store, () => _matched, NullLogger.Instance);
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

    [Fact]
    public void An_address_that_was_registered_since_the_last_block_is_known()
    {
        Register(Bob);
        MadeTransaction pay = PayBob(1, 5);
        Pool.Add(pay);

        Look();
        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5"]);
        _bench.Node.Count("getrawtransaction").ShouldBe(1);
    }

    [Fact]
    public void One_that_is_watched_no_more_is_not_told_of()
    {
        Register(Bob);
        Pool.Add(PayBob(1, 5));
        _store.RemoveAddressAsync(s_bitcoin, Matching.Regtest.ParseAddress(Bob), CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();

        Look();

        _told.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_seen_before_its_address_was_registered_is_looked_at_again_and_nothing_else_is()
    {
        MadeTransaction pay = PayBob(1, 5);
        Pool.Add(pay);
        Pool.AddRange(Enumerable.Range(10, 20).Select(static coin => new MadeTransaction { Inputs = [(s_coin, (uint)coin)], Outputs = [MadeOutput.To(Other(coin), 1, Matching.Regtest)] }));
        Look();
        _told.ShouldBeEmpty();
        _bench.Node.Count("getrawtransaction").ShouldBe(21);

        Register(Bob);
        Look();
        Look();
        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5"]);
        _bench.Node.Count("getrawtransaction").ShouldBe(22);

        // And it is followed as any other.
        MadeTransaction second = PayBob(1, 4);
        Pool[0] = second;
        Look();
        _told.ShouldBe([$"Pending {pay.Id}/0 5", $"Replaced {pay.Id}/0 5 by {second.Id}", $"Pending {second.Id}/0 4"]);
    }

    [Fact]
    public void What_a_held_transaction_pays_to_an_address_that_came_later_is_told_and_the_rest_of_it_not_again()
    {
        MadeTransaction pay = new() { Inputs = [(s_coin, 1)], Outputs = [MadeOutput.To(Bob, 4, Matching.Regtest), MadeOutput.To(Bench.Alice, 5, Matching.Regtest)] };
        Pool.Add(pay);
        Look();
        Register(Bob);
        Look();
        Look();
        _told.ShouldBe([$"Pending {pay.Id}/1 5", $"Pending {pay.Id}/0 4"]);

        Pool.Clear();
        Look();
        Look();

        _told.Skip(2).ShouldBe([$"Evicted {pay.Id}/1 5", $"Evicted {pay.Id}/0 4"]);
    }

    [Fact]
    public void An_address_that_the_next_block_took_in_first_has_older_transactions_looked_at_again_too()
    {
        MadeTransaction pay = PayBob(1, 5);
        Pool.Add(pay);
        Look();
        Register(Bob);
        _matched = _matched.Apply(new WatchChanges { Changes = [new WatchChange(1, Matching.Regtest.ParseAddress(Bob), Removed: false)], Sequence = 1, More = false });

        Look();
        Look();

        _told.ShouldBe([$"Pending {pay.Id}/0 5"]);
    }

    private static string Other(int number) => Matching.Regtest.FormatAddress(OutputScript.OfProgram(0, [.. Enumerable.Repeat((byte)number, 20)]));

    private static MadeTransaction PayBob(uint coin, long amount) => new() { Inputs = [(s_coin, coin)], Outputs = [MadeOutput.To(Bob, amount, Matching.Regtest)] };

    private void Register(string address) =>
        _store.AddAddressesAsync(s_bitcoin, [new WatchRegistration { Key = Matching.Regtest.ParseAddress(address), Address = address }], _bench.Time.GetUtcNow(), CancellationToken.None)
            .AsTask().IsCompletedSuccessfully.ShouldBeTrue();

    private static MadeTransaction Pay(uint coin, params long[] amounts) =>
        new() { Inputs = [(s_coin, coin)], Outputs = [.. amounts.Select(static amount => MadeOutput.To(Bench.Alice, amount, Matching.Regtest))], Witness = [[[1]]] };

    private void Look() => _bench.Run(async () =>
    {
        await _watch.LookAsync(
            _watched,
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
