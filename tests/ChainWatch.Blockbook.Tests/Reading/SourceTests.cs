using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Blockbook.Tests;

public sealed class SourceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(false, Way.Http, false)]
    [InlineData(false, Way.Http, true)]
    [InlineData(false, Way.Both, true)]
    [InlineData(false, Way.Socket, false)]
    [InlineData(true, Way.Http, false)]
    [InlineData(true, Way.Both, false)]
    [InlineData(true, Way.Socket, false)]
    public async Task A_chain_is_caught_up_with_and_followed_through_rollbacks_without_any_push(bool ethereum, Way way, bool raw)
    {
        IServedChain chain = Make(ethereum, 20);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        server.ExtendedIndex = way == Way.Socket;
        server.Announces = false;
        server.PageSize = 2;
        await using Follow follow = new(chain, [server], way, configure: options => options.RawBlocks = raw);
        await follow.ReadToAsync(chain.Blocks[^1]);
        follow.Payments.ShouldBe(chain.Payments);

        for (int depth = 1; depth <= 4; depth++)
        {
            chain.Reorganise(depth, depth + 1);
            await server.ServeAsync(chain.Blocks);
            await follow.ReadToAsync(chain.Blocks[^1]);
        }

        follow.Rollbacks.ShouldBe(4);
        follow.Told.ShouldBe(chain.Blocks.Skip(1).Select(static block => block.Point));
        follow.Payments.ShouldBe(chain.Payments);
        follow.Observed.Refused.ShouldBeEmpty();
        if (raw)
        {
            server.Count("rawblock/").ShouldBeGreaterThan(20);
            server.Count("v2/block/").ShouldBe(0);
        }
    }

    [Fact]
    public async Task An_announcement_is_a_wake_up_and_what_it_says_is_never_believed()
    {
        BitcoinChain chain = new(3);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], configure: static options => options.PollInterval = TimeSpan.FromSeconds(30));
        await follow.ReadToAsync(chain.Blocks[^1]);
        await UntilSubscribedAsync(server);

        ServerConnection connection = server.Connections[0];
        string invented = new('7', 64);
        await connection.SendAsync($$$"""{"id":"{{{connection.NewBlockId}}}","data":{"height":4,"hash":"{{{invented}}}"}}""");
        ((IServedChain)chain).Mine();
        await server.ServeAsync(chain.Blocks);
        await follow.ReadToAsync(chain.Blocks[^1]);

        follow.Told.ShouldBe(chain.Blocks.Skip(1).Select(static block => block.Point));
        follow.Rollbacks.ShouldBe(0);
    }

    [Fact]
    public async Task Ids_are_texts_and_that_of_the_subscription_is_no_ones_else()
    {
        BitcoinChain chain = new(3);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server]);
        await follow.ReadToAsync(chain.Blocks[^1]);
        await UntilSubscribedAsync(server);

        // The server closes a connection that sends anything but a text as id; this one is still the first.
        server.Connects.ShouldBe(1);
        server.Connections[0].NewBlockId.ShouldBe("new-block");
        for (int i = 0; i < 3; i++)
        {
            await server.AnnounceAsync();
            ((IServedChain)chain).Mine();
            await server.ServeAsync(chain.Blocks);
            await follow.ReadToAsync(chain.Blocks[^1]);
        }

        follow.Payments.ShouldBe(chain.Payments);
    }

    [Fact]
    public async Task A_request_that_is_never_answered_ends_in_time_and_its_connection_goes_on()
    {
        BitcoinChain chain = new(3);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], configure: static options => options.Endpoints[0].Timeout = TimeSpan.FromSeconds(1));
        await follow.ReadToAsync(chain.Blocks[^1]);

        int swallowed = 2;
        server.Change = (method, answer) => method == "getInfo" && Interlocked.Decrement(ref swallowed) >= 0 ? null : answer;
        ((IServedChain)chain).Mine();
        await server.ServeAsync(chain.Blocks);
        await follow.ReadToAsync(chain.Blocks[^1]);
        await follow.UntilAsync(() => Volatile.Read(ref swallowed) < 0);

        server.Connects.ShouldBe(1);
    }

    [Theory]
    [InlineData("not json at all")]
    [InlineData("""{"id":"1","data":{"bestHeight":""")]
    [InlineData("""[1,2,3]""")]
    [InlineData("""{"id":5,"data":{}}""")]
    [InlineData("""{"id":"99999","data":{"error":{"message":"Not supported"}}}""")]
    public async Task Malformed_frames_cost_a_connection_at_most(string frame)
    {
        BitcoinChain chain = new(3);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], configure: static options => options.Endpoints[0].Timeout = TimeSpan.FromSeconds(1));
        await follow.ReadToAsync(chain.Blocks[^1]);

        server.SendInstead = frame;
        ((IServedChain)chain).Mine();
        await server.ServeAsync(chain.Blocks);
        await follow.ReadToAsync(chain.Blocks[^1]);

        follow.Payments.ShouldBe(chain.Payments);
        follow.Rollbacks.ShouldBe(0);
    }

    [Fact]
    public async Task A_restarted_server_is_found_again_and_the_subscription_made_anew()
    {
        EthereumChain chain = new(3);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        server.ExtendedIndex = true;
        await using Follow follow = new(chain, [server], Way.Socket);
        await follow.ReadToAsync(chain.Blocks[^1]);

        for (int i = 0; i < 3; i++)
        {
            server.BreakAll();
            ((IServedChain)chain).Mine();
            await server.ServeAsync(chain.Blocks);
            await follow.ReadToAsync(chain.Blocks[^1]);
        }

        await UntilSubscribedAsync(server);
        follow.Payments.ShouldBe(chain.Payments);
        server.Connects.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("""{"error":{"message":"Internal error"}}""")]
    [InlineData("""{"error":{"message":"work_limit"}}""")]
    public async Task An_error_that_is_wrapped_in_data_is_a_failure_though_the_envelope_looks_fine(string error)
    {
        BitcoinChain chain = new(6);
        await using BlockbookServer bad = await BlockbookServer.StartAsync(chain);
        await using BlockbookServer good = await BlockbookServer.StartAsync(chain);
        bad.Change = (method, answer) => method == "getInfo" ? JsonNode.Parse(error) : answer;
        await using Follow follow = new(chain, [bad, good]);

        await follow.ReadToAsync(chain.Blocks[^1]);

        follow.Payments.ShouldBe(chain.Payments);
        bad.Count("block/").ShouldBe(0);
    }

    [Fact]
    public async Task A_height_beyond_the_head_is_not_yet_there_and_nothing_is_taken_back()
    {
        BitcoinChain chain = new(6);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain, blocks: 4);
        await using Follow follow = new(chain, [server], Way.Http, startAt: 5);
        await follow.UntilAsync(() => server.Count("api/status") > 3);
        follow.Told.ShouldBeEmpty();

        await server.ServeAsync(chain.Blocks);
        await follow.ReadToAsync(chain.Blocks[^1]);

        follow.Told.Select(static point => point.Height).ShouldBe([5, 6]);
        follow.Registration.Status.LastError.ShouldBeNull();
    }

    [Fact]
    public async Task A_server_that_builds_its_index_or_is_behind_its_node_is_not_asked_for_the_head()
    {
        BitcoinChain chain = new(6);
        await using BlockbookServer building = await BlockbookServer.StartAsync(chain, blocks: 3);
        await using BlockbookServer behind = await BlockbookServer.StartAsync(chain, blocks: 3);
        await using BlockbookServer good = await BlockbookServer.StartAsync(chain);
        building.InitialSync = true;
        (behind.InSync, behind.BackendAhead) = (false, 20);
        await using Follow follow = new(chain, [building, behind, good], Way.Http);

        await follow.ReadToAsync(chain.Blocks[^1]);

        building.Count("block/").ShouldBe(0);
        behind.Count("block/").ShouldBe(0);
        follow.Registration.Status.Endpoints.Select(static endpoint => endpoint.Reason ?? "").ShouldContain(static reason => reason.Contains("initialSync", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Way.Both)]
    [InlineData(Way.Http)]
    public async Task A_server_of_another_coin_is_refused_and_says_what_to_correct(Way way)
    {
        BitcoinChain chain = new(3);
        await using BlockbookServer other = await BlockbookServer.StartAsync(new BitcoinChain(4));
        await using BlockbookServer decimals = await BlockbookServer.StartAsync(chain);
        await using BlockbookServer named = await BlockbookServer.StartAsync(chain);
        await using BlockbookServer good = await BlockbookServer.StartAsync(chain);
        decimals.Decimals = 18;
        named.Shortcut = "DOGE";
        ((IServedChain)chain).Mine();
        await good.ServeAsync(chain.Blocks);
        BitcoinChain another = new(0);
        another.Blocks.Clear();
        another.Add([[(1, 5)]]);
        await other.ServeAsync(another.Blocks);
        await using Follow follow = new(chain, [other, decimals, named, good], way, configure: static options => options.Shortcut = "REGTEST");

        await follow.ReadToAsync(chain.Blocks[^1]);

        string reasons = string.Join('\n', follow.Registration.Status.Endpoints.Select(static endpoint => endpoint.Reason));
        reasons.ShouldContain("block 0");
        reasons.ShouldContain("18 decimals");
        reasons.ShouldContain("serves DOGE");
        reasons.ShouldContain("ChainWatch:Chains:coin:Endpoints");
        (other.Count("block/") + decimals.Count("block/") + named.Count("block/")).ShouldBe(0);
    }

    [Fact]
    public async Task Locked_out_of_the_socket_the_chain_is_polled_by_HTTP_and_no_further_attempt_is_made()
    {
        BitcoinChain chain = new(3);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        server.LockedOut = true;
        await using Follow follow = new(chain, [server]);

        await follow.ReadToAsync(chain.Blocks[^1]);
        for (int i = 0; i < 5; i++)
        {
            ((IServedChain)chain).Mine();
            await server.ServeAsync(chain.Blocks);
            await follow.ReadToAsync(chain.Blocks[^1]);
        }

        server.Connects.ShouldBe(1);
        follow.Payments.ShouldBe(chain.Payments);
        follow.Registration.Status.PushesLost.ShouldNotBeNull();
    }

    [Fact]
    public async Task Without_an_extended_index_and_without_HTTP_it_says_what_is_missing()
    {
        EthereumChain chain = new(3);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server], Way.Socket);

        Task reading = follow.ReadToAsync(chain.Blocks[^1]);
        await Eventually.BecomesTrueAsync(_ => Task.FromResult(follow.Registration.Status.LastError is not null || reading.IsCompleted), Patience, static () => "nothing is said");

        reading.IsCompleted.ShouldBeFalse();
        follow.Registration.Status.LastError!.ShouldContain("extended index");
    }

    [Fact]
    public async Task Without_an_extended_index_blocks_come_by_HTTP_and_the_socket_is_not_asked_again()
    {
        EthereumChain chain = new(6);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow follow = new(chain, [server]);

        await follow.ReadToAsync(chain.Blocks[^1]);

        server.Count("getBlock").ShouldBe(server.Count("getBlockHash") + 1);
        server.Count("v2/block/").ShouldBe(6);
    }

    [Fact]
    public async Task Where_raw_blocks_are_not_offered_pages_are_read()
    {
        BitcoinChain chain = new(6);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        server.HasRaw = false;
        await using Follow follow = new(chain, [server], Way.Http);

        await follow.ReadToAsync(chain.Blocks[^1]);

        follow.Payments.ShouldBe(chain.Payments);
        server.Count("rawblock").ShouldBeLessThan(6);
    }

    /// <summary>Each of these is refused, told as the check that it failed, and the next instance is asked.</summary>
    [Theory]
    [InlineData("A transaction twice, another missing", "pages")]
    [InlineData("A transaction missing", "pages")]
    [InlineData("A page that is not the one asked for", "pages")]
    [InlineData("Ids alone", "pages")]
    [InlineData("A transaction of another block", "transaction-block")]
    [InlineData("A transaction that is not confirmed", "transaction-block")]
    [InlineData("Another block", "block-hash")]
    [InlineData("An output less", "transaction")]
    [InlineData("An empty token transfer", "transaction")]
    [InlineData("A pending receipt", "transaction")]
    [InlineData("An amount that is none", "format")]
    public async Task An_answer_that_contradicts_itself_is_refused_and_asked_for_elsewhere(string harm, string check)
    {
        EthereumChain chain = new(8);
        await using BlockbookServer bad = await BlockbookServer.StartAsync(chain);
        await using BlockbookServer good = await BlockbookServer.StartAsync(chain);
        bad.PageSize = good.PageSize = 2;
        bad.Change = (path, answer) => path.StartsWith("api/v2/block/", StringComparison.Ordinal) && (long?)answer["height"] >= 5 ? Harm(harm, answer.DeepClone(), chain) : answer;
        await using Follow follow = new(chain, [bad, good], Way.Http);

        await follow.ReadToAsync(chain.Blocks[^1]);

        follow.Told.ShouldBe(chain.Blocks.Skip(1).Select(static block => block.Point));
        follow.Payments.ShouldBe(chain.Payments);
        follow.Observed.Refused.ShouldContain($"endpoint-1 {check}");
        follow.Rollbacks.ShouldBe(0);
    }

    [Theory]
    [InlineData("block", "merkle-root")]
    [InlineData("block", "block-hash")]
    [InlineData("rawblock", "merkle-root")]
    [InlineData("rawblock", "block-hash")]
    public async Task A_block_of_Bitcoins_kind_proves_itself(string path, string check)
    {
        BitcoinChain chain = new(8);
        await using BlockbookServer bad = await BlockbookServer.StartAsync(chain);
        await using BlockbookServer good = await BlockbookServer.StartAsync(chain);
        bad.Change = (asked, answer) =>
        {
            if (asked.StartsWith("api/v2/block/", StringComparison.Ordinal) && (long)answer["height"]! >= 5)
            {
                answer = answer.DeepClone();
                if (check == "block-hash")
                {
                    // The transactions are those of its root, and the root is one that another header commits to.
                    answer["time"] = (long)answer["time"]! + 1;
                }
                else
                {
                    answer["txs"]![1]!["txid"] = new string('a', 64);
                }
            }
            else if (asked.StartsWith("api/v2/rawblock/", StringComparison.Ordinal) && answer["hex"] is { } hex)
            {
                // The last byte is that of a lock time, one in the header is that of its time; only the former leaves the header's hash.
                char[] digits = ((string)hex!).ToCharArray();
                int at = check == "merkle-root" ? digits.Length - 1 : 2 * 4;
                digits[at] = digits[at] == '0' ? '1' : '0';
                answer = new JsonObject { ["hex"] = new string(digits) };
            }

            return answer;
        };
        await using Follow follow = new(chain, [bad, good], Way.Http, startAt: null, configure: options => options.RawBlocks = path == "rawblock");
        await follow.ReadToAsync(chain.Blocks[^1]);

        follow.Observed.Refused.ShouldContain($"endpoint-1 {check}");
        follow.Told.ShouldBe([chain.Blocks[^1].Point]);
    }

    private static IServedChain Make(bool ethereum, int blocks) => ethereum ? new EthereumChain(blocks) : new BitcoinChain(blocks);

    /// <summary>The subscription is sent first, and answered before whatever was asked after it.</summary>
    private static Task UntilSubscribedAsync(BlockbookServer server) => Eventually.BecomesTrueAsync(
        _ => Task.FromResult(server.Connections.Any(static connection => connection.NewBlockId is not null)), Patience, () => $"{server.Connections.Count} connections, and no subscription");

    private static JsonNode Harm(string harm, JsonNode page, EthereumChain chain)
    {
        JsonArray transactions = page["txs"]!.AsArray();
        switch (harm)
        {
            case "A transaction twice, another missing":
                transactions[^1] = transactions[0]!.DeepClone();
                break;
            case "A transaction missing":
                transactions.RemoveAt(0);
                page["txCount"] = (int)page["txCount"]! + ((int)page["page"]! == 1 ? 0 : 1);
                break;
            case "A page that is not the one asked for":
                page["page"] = 1;
                break;
            case "Ids alone":
                page.AsObject().Remove("txs");
                break;
            case "A transaction of another block":
                transactions[1]!["blockHash"] = chain.Blocks[2].Hash;
                break;
            case "A transaction that is not confirmed":
                transactions[0]!.AsObject().Remove("blockHash");
                break;
            case "Another block":
                return chain.Blocks[3].ToPage((int)page["page"]!, 2, 8);
            case "An output less":
                transactions[0]!["vout"]![0]!["n"] = 1;
                break;
            case "An empty token transfer":
                transactions[0]!["tokenTransfers"] = new JsonArray(EthereumChain.Token("", "", "", "", ""));
                break;
            case "A pending receipt":
                transactions[0]!["ethereumSpecific"]!["status"] = -1;
                break;
            default:
                transactions[0]!["vout"]![0]!["value"] = "0x10";
                break;
        }

        return page;
    }
}
