using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Blockbook.Tests;

public sealed class PagedBlockTests : IDisposable
{
    private readonly EthereumChain _chain = new(1);
    private readonly LogRecorder _logs = new();

    private AddressKey Bob => AccountFormat.Instance.ParseAddress(_chain.Bob);

    public void Dispose() => _logs.Dispose();

    [Fact]
    public void What_fails_moves_nothing_and_what_nobody_is_sure_of_is_held()
    {
        JsonObject failed = _chain.Transaction(EthereumChain.Alice, _chain.Bob, "1", status: 0);
        failed["tokenTransfers"] = new JsonArray(EthereumChain.Token("ERC20", EthereumChain.Usdc, EthereumChain.Alice, _chain.Bob, "1"));
        JsonObject old = _chain.Transaction(EthereumChain.Alice, _chain.Bob, "2", status: -2);

        Match([failed, old]).ShouldBeEmpty();

        _logs.Of("PaymentHeld").ShouldHaveSingleItem().Message.ShouldContain("does not say whether it succeeded");
    }

    [Fact]
    public void What_moves_inside_calls_counts_where_it_is_wanted_and_no_call_failed()
    {
        JsonObject good = Inside(error: null);
        JsonObject partly = Inside("execution reverted");

        Match([good, partly]).ShouldBeEmpty();
        string id = ((string)good["txid"]!)[2..];
        Match([good, partly], internals: true).ShouldBe([$"{id}/1000001 7 ETH"]);
        _logs.Of("PaymentHeld").ShouldHaveSingleItem().Message.ShouldContain("a call failed");

        JsonObject Inside(string? error)
        {
            JsonObject transaction = _chain.Transaction(EthereumChain.Alice, EthereumChain.Usdc, "0");
            JsonObject specific = transaction["ethereumSpecific"]!.AsObject();
            specific["error"] = error;
            specific["internalTransfers"] = new JsonArray(
                new JsonObject { ["type"] = 0, ["from"] = EthereumChain.Usdc, ["to"] = EthereumChain.Fake, ["value"] = "6" },
                new JsonObject { ["type"] = 0, ["from"] = EthereumChain.Usdc, ["to"] = _chain.Bob, ["value"] = "7" });
            return transaction;
        }
    }

    [Fact]
    public void What_an_address_sends_to_itself_moves_nothing()
    {
        // Instances differ in how they write addresses, and one answer may write the same one twice differently.
        string small = _chain.Bob.ToLowerInvariant();
        JsonObject coin = _chain.Transaction(small, _chain.Bob, "5");
        JsonObject undecided = _chain.Transaction(_chain.Bob, small, "6", status: -2);
        JsonObject token = _chain.Transaction(EthereumChain.Alice, EthereumChain.Usdc, "0");
        token["tokenTransfers"] = new JsonArray(
            EthereumChain.Token("ERC20", EthereumChain.Usdc, _chain.Bob, small, "7"),
            EthereumChain.Token("ERC20", EthereumChain.Usdc, EthereumChain.Alice, _chain.Bob, "7"),
            EthereumChain.Token("ERC20", EthereumChain.Usdc, EthereumChain.Fake, _chain.Bob, "7"));
        JsonObject inside = _chain.Transaction(EthereumChain.Alice, EthereumChain.Usdc, "0");
        inside["ethereumSpecific"]!["internalTransfers"] = new JsonArray(
            new JsonObject { ["type"] = 0, ["from"] = _chain.Bob, ["to"] = small, ["value"] = "8" },
            new JsonObject { ["type"] = 0, ["from"] = EthereumChain.Usdc, ["to"] = _chain.Bob, ["value"] = "9" });

        // Those beside it keep their places: a payment is known by its place.
        string tokens = ((string)token["txid"]!)[2..];
        Match([coin, undecided, token, inside], internals: true).ShouldBe([$"{tokens}/2 7 USDC", $"{tokens}/3 7 USDC", $"{((string)inside["txid"]!)[2..]}/1000001 9 ETH"], ignoreOrder: true);
        _logs.Of("PaymentHeld").ShouldBeEmpty();
    }

    [Fact]
    public void An_output_back_to_its_sender_is_one_as_any_other()
    {
        BitcoinChain chain = new(1);
        JsonObject page = chain.Blocks[1].ToPage(1, 1000, 1);
        page["txs"]![1]!["vin"]![0]!["addresses"] = new JsonArray(chain.Bob);
        page["txs"]![1]!["vin"]![0]!["isAddress"] = true;
        WatchPlan plan = Pages.Plan("bitcoin-regtest");
        using PagedBlock changed = Pages.Read(plan, _logs, Pages.Bytes(page));
        using PagedBlock block = Pages.Read(plan, _logs, Pages.Bytes(chain.Blocks[1].ToPage(1, 1000, 1)));
        AddressKey bob = new ScriptFormat(plan.Coin).ParseAddress(chain.Bob);

        Pages.Match(changed, bob).ShouldBe(Pages.Match(block, bob));
    }

    [Fact]
    public void A_token_transfer_is_known_by_what_it_says_in_whatever_order_and_case_it_is_told()
    {
        JsonObject[] tokens =
        [
            EthereumChain.Token("ERC20", EthereumChain.Usdc, EthereumChain.Alice, _chain.Bob, "9"),
            EthereumChain.Token("ERC20", EthereumChain.Usdc, EthereumChain.Alice, _chain.Bob, "10"),
            EthereumChain.Token("ERC20", EthereumChain.Usdc, EthereumChain.Fake, _chain.Bob, "9"),
            EthereumChain.Token("ERC20", EthereumChain.Fake, EthereumChain.Alice, _chain.Bob, "9"),
            EthereumChain.Token("ERC20", EthereumChain.Usdc, EthereumChain.Alice, EthereumChain.Fake, "9"),
            EthereumChain.Token("ERC20", EthereumChain.Usdc, EthereumChain.Alice, _chain.Bob, "9"),
        ];
        JsonObject transaction = _chain.Transaction(EthereumChain.Alice, EthereumChain.Usdc, "0");
        Random random = new(1);
        List<string> first = [];
        for (int round = 0; round < 50; round++)
        {
            random.Shuffle(tokens);
            transaction["tokenTransfers"] = new JsonArray([.. tokens.Select(static token => token.DeepClone())]);
            if (round % 2 == 1)
            {
                foreach (JsonNode? token in transaction["tokenTransfers"]!.AsArray())
                {
                    token!["to"] = ((string)token["to"]!).ToLowerInvariant();
                    token["contract"] = ((string)token["contract"]!).ToLowerInvariant();
                }
            }

            List<string> found = [.. Match([transaction]).Order(StringComparer.Ordinal)];
            first = round == 0 ? found : first;
            found.ShouldBe(first);
        }

        // Two that say the same are two payments.
        first.Count.ShouldBe(4);
        first.Distinct(StringComparer.Ordinal).Count().ShouldBe(4);
        first.Count(static text => text.EndsWith(" 9 USDC", StringComparison.Ordinal)).ShouldBe(3);
    }

    [Fact]
    public void Who_sent_is_told_where_the_chain_says_it()
    {
        using PagedBlock block = Pages.Read(Pages.Plan("ethereum"), _logs, Pages.Bytes(_chain.Blocks[1].ToPage(1, 1000, 1)));
        TransferList sink = new();
        block.Match(AddressSet.Create(20).Add([Bob]), sink);

        sink.Transfers.Select(static transfer => transfer.From).ShouldAllBe(static from => string.Equals(from, EthereumChain.Alice, StringComparison.OrdinalIgnoreCase));
        sink.Transfers.Count.ShouldBe(2);
    }

    [Fact]
    public void A_reward_cannot_be_spent_before_it_is_mature()
    {
        BitcoinChain chain = new(1);
        JsonObject page = chain.Blocks[1].ToPage(1, 1000, 1);
        page["txs"]![0]!["vout"]![0]!["addresses"] = new JsonArray(chain.Bob);
        page["txs"]![0]!["vout"]![0]!["isAddress"] = true;
        WatchPlan plan = Pages.Plan("bitcoin-regtest");
        using PagedBlock block = Pages.Read(plan, _logs, Pages.Bytes(page));
        TransferList sink = new();
        block.Match(AddressSet.Create(42).Add([new ScriptFormat(plan.Coin).ParseAddress(chain.Bob)]), sink);

        sink.Transfers.Select(static transfer => transfer.MaturityBlocks).ShouldBe([100, 0, 0, 0]);
    }

    [Fact]
    public void Nothing_that_others_write_into_a_chain_stops_anybody()
    {
        JsonObject page = _chain.Blocks[1].ToPage(1, 1000, 1);
        string deep = string.Concat(string.Concat(Enumerable.Repeat("[{\"a\":", 20_000)), "1", string.Concat(Enumerable.Repeat("}]", 20_000)));
        string json = page.ToJsonString().Replace("\"ethereumSpecific\":{", $"\"coinSpecificData\":{deep},\"ethereumSpecific\":{{\"parsedData\":{deep},\"data\":\"\\\"\\u0000]}}\",", StringComparison.Ordinal);

        using PagedBlock block = Pages.Read(Pages.Plan("ethereum"), _logs, System.Text.Encoding.UTF8.GetBytes(json));

        Pages.Match(block, Bob).Count.ShouldBe(2);
    }

    private List<string> Match(JsonObject[] transactions, bool internals = false)
    {
        EthereumChain chain = new(0);
        chain.Add([.. transactions.Select(static transaction => ((JsonObject)transaction.DeepClone(), Array.Empty<string>()))]);
        using PagedBlock block = Pages.Read(Pages.Plan("ethereum", internals), _logs, Pages.Bytes(chain.Blocks[^1].ToPage(1, 1000, 1)));
        return [.. Pages.Match(block, Bob)];
    }
}
