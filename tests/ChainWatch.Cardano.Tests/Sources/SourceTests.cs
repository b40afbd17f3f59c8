using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Cardano.Tests;

public sealed class SourceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private const long Base = 1_000_000;

    private static List<FakeBlock> Chain(int count, bool v7 = false)
    {
        FakeBlock first = FakeBlock.First(Base, v7);
        return [first, .. first.Grow(count - 1, "main")];
    }

    private static ChainPoint[] Points(IEnumerable<FakeBlock> blocks) => [.. blocks.Select(static block => block.Point)];

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_chain_is_caught_up_with_and_followed_with_many_requests_under_way(bool v7, bool strict)
    {
        List<FakeBlock> chain = Chain(300, v7);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        server.Strict = strict;
        server.PausesUntilOpen = 75;
        await using Follow follow = new([server], startAt: Base + 10);

        await follow.UntilAsync(chain[^1]);
        List<FakeBlock> more = chain[^1].Grow(5, "more");
        server.Replace(more);
        await follow.UntilAsync(more[^1]);

        follow.Told.ShouldBe(Points(chain.Skip(10).Concat(more)));
        follow.RollBacks.ShouldBeEmpty();
        server.MostOpen.ShouldBeInRange(75, 100);
        follow.Headers[0].Timestamp.ShouldBe(new DateTimeOffset(2022, 6, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(1_728_000 + follow.Headers[0].Point.Slot - 86_400));
    }

    [Fact]
    public async Task From_latest_the_first_block_told_is_the_next_one_and_a_quiet_tip_is_idle()
    {
        List<FakeBlock> chain = Chain(20);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server]);

        await follow.UntilAsync(() => follow.Idles > 2);
        List<FakeBlock> more = chain[^1].Grow(2, "more");
        server.Replace(more);
        await follow.UntilAsync(more[^1]);

        follow.Told.ShouldBe(Points(more));
        server.Requests.ShouldContain("queryNetwork/tip");
        server.Connected.ShouldBe(1);
    }

    [Fact]
    public async Task Going_on_begins_at_the_cursor_and_the_first_backward_is_no_reorg()
    {
        List<FakeBlock> chain = Chain(400);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], known: Points(chain.Take(390)));

        await follow.UntilAsync(() => follow.Told.Count == 10);

        follow.Told.ShouldBe(Points(chain.Skip(390)));
        follow.RollBacks.ShouldBeEmpty();
        JsonArray offered = server.Offered!;
        offered.Count.ShouldBeInRange(12, 30);
        ((long)offered[0]!["slot"]!).ShouldBe(chain[389].Point.Slot);
        ((long)offered[1]!["slot"]!).ShouldBe(chain[388].Point.Slot);
        ((long)offered[^1]!["slot"]!).ShouldBe(chain[0].Point.Slot);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(60)]
    public async Task A_rollback_is_told_with_the_last_shared_block_once_the_new_branch_shows(int depth)
    {
        List<FakeBlock> chain = Chain(100);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: Base);
        await follow.UntilAsync(chain[^1]);

        FakeBlock fork = chain[^(depth + 1)];
        List<FakeBlock> other = fork.Grow(depth + 2, "other");
        server.Replace(other);
        await follow.UntilAsync(other[^1]);

        follow.RollBacks.Count.ShouldBe(1);
        follow.RollBacks[0].Target.ShouldBe(fork.Point);
        follow.RollBacks[0].ReplacementHeight.ShouldBe(other[^1].Point.Height);
        follow.Told.ShouldBe(Points(chain.Take(100 - depth).Concat(other)));
    }

    [Fact]
    public async Task A_chain_that_got_shorter_or_a_branch_as_long_as_ours_proves_nothing_until_it_is_longer()
    {
        List<FakeBlock> chain = Chain(50);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: Base, configure: static options => options.PollInterval = TimeSpan.FromMinutes(5));
        await follow.UntilAsync(chain[^1]);

        server.Shorten(3);
        List<FakeBlock> other = chain[^4].Grow(3, "other");
        server.Replace(other);
        server.Replace(chain[^4].Grow(1, "third"));
        server.Replace([chain[^3], chain[^2], chain[^1]]);
        List<FakeBlock> longer = chain[^1].Grow(1, "longer");
        server.Replace(longer);
        await follow.UntilAsync(longer[^1]);

        follow.RollBacks.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_branch_as_long_as_ours_is_followed_when_the_node_stays_with_it()
    {
        List<FakeBlock> chain = Chain(50);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: Base);
        await follow.UntilAsync(chain[^1]);

        List<FakeBlock> other = chain[^4].Grow(3, "other");
        server.Replace(other);
        await follow.UntilAsync(other[^1]);

        follow.RollBacks.Single().Target.ShouldBe(chain[^4].Point);
    }

    [Fact]
    public async Task A_lost_connection_costs_nothing_and_each_intersection_has_a_connection_of_its_own()
    {
        List<FakeBlock> chain = Chain(30);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: Base);
        await follow.UntilAsync(chain[^1]);

        await server.CloseAllAsync("Connection with the node lost");
        FakeBlock fork = chain[^3];
        List<FakeBlock> other = fork.Grow(4, "other");
        server.Replace(other);
        await follow.UntilAsync(other[^1]);
        server.BreakAll();
        List<FakeBlock> more = other[^1].Grow(2, "more");
        server.Replace(more);
        await follow.UntilAsync(more[^1]);

        follow.Told.ShouldBe(Points(chain.Take(28).Concat(other).Concat(more)));
        follow.RollBacks.Single().Target.ShouldBe(fork.Point);
        server.Connected.ShouldBe(3);
        server.Requests.Count(static method => method == "findIntersection").ShouldBe(3);
    }

    [Fact]
    public async Task Another_server_that_lags_or_stands_on_a_lost_branch_takes_nothing_back()
    {
        List<FakeBlock> chain = Chain(60);
        List<FakeBlock> lost = [.. chain.Take(55), .. chain[54].Grow(4, "lost")];
        await using OgmiosServer first = await OgmiosServer.StartAsync(chain);
        await using OgmiosServer second = await OgmiosServer.StartAsync(lost);
        await using Follow follow = new([first, second], startAt: Base, configure: static options => options.PollInterval = TimeSpan.FromMinutes(5));
        await follow.UntilAsync(chain[^1]);

        first.Answers = false;
        await first.CloseAllAsync();
        first.BreakAll();
        List<FakeBlock> more = chain[^1].Grow(3, "more");
        await follow.NextUntilAsync(() => second.Connected > 0);
        second.Replace([.. chain.Skip(55), .. more]);
        await follow.UntilAsync(more[^1]);

        follow.RollBacks.ShouldBeEmpty();
        follow.Told.ShouldBe(Points(chain.Concat(more)));
    }

    [Fact]
    public async Task A_server_of_another_network_is_refused_and_another_one_asked()
    {
        List<FakeBlock> chain = Chain(10);
        await using OgmiosServer wrong = await OgmiosServer.StartAsync(chain);
        await using OgmiosServer right = await OgmiosServer.StartAsync(chain);
        wrong.Magic = 764824073;
        await using Follow follow = new([wrong, right], startAt: Base);

        await follow.UntilAsync(chain[^1]);

        follow.Registration.Status.Endpoints.Single(static endpoint => endpoint.Name == "endpoint-1").ReasonKind.ShouldBe("refused");
        follow.Logs.Entries.ShouldContain(static entry => entry.EventId.Name == "EndpointRefused" && entry.Message.Contains("magic 764824073", StringComparison.Ordinal));
        wrong.Requests.ShouldNotContain("nextBlock");
    }

    [Fact]
    public async Task A_block_that_is_not_of_the_protocols_shape_stops_one_endpoint_loudly_and_another_goes_on()
    {
        List<FakeBlock> chain = Chain(20);
        await using OgmiosServer strange = await OgmiosServer.StartAsync(chain);
        await using OgmiosServer usual = await OgmiosServer.StartAsync(chain);
        string hash = chain[5].Point.Hash.ToString();
        strange.Change = (method, text) => text.Contains($"\"id\":\"{hash}\"", StringComparison.Ordinal) ? text.Replace("\"outputs\":[{", "\"outputs\":{\"0\":{", StringComparison.Ordinal) : text;
        await using Follow follow = new([strange, usual], startAt: Base);

        await follow.UntilAsync(chain[^1]);

        follow.Told.ShouldBe(Points(chain));
        follow.Logs.Entries.ShouldContain(static entry => entry.EventId.Name == "EndpointAnswerRefused");
    }

    [Theory]
    [InlineData("ancestor")]
    [InlineData("height")]
    [InlineData("json")]
    [InlineData("order")]
    [InlineData("huge")]
    public async Task A_frame_that_is_wrong_is_never_built_upon(string what)
    {
        List<FakeBlock> chain = Chain(40);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        string hash = chain[20].Point.Hash.ToString();
        bool spoiled = false;
        server.Change = (method, text) =>
        {
            if (spoiled || !text.Contains($"\"block\":{{\"type\":\"praos\",\"era\":\"conway\",\"id\":\"{hash}\"", StringComparison.Ordinal))
            {
                return text;
            }

            spoiled = true;
            return what switch
            {
                "ancestor" => text.Replace(chain[19].Point.Hash.ToString(), new string('0', 64), StringComparison.Ordinal),
                "height" => text.Replace($"\"height\":{chain[20].Point.Height},\"slot\":{chain[20].Point.Slot}", $"\"height\":7,\"slot\":{chain[20].Point.Slot}", StringComparison.Ordinal),
                "json" => text[..(text.Length / 2)],
                "order" => text.Replace(text[text.LastIndexOf("\"id\":", StringComparison.Ordinal)..], "\"id\":90}", StringComparison.Ordinal),
                _ => text + new string(' ', 2 * 1024 * 1024),
            };
        };
        await using Follow follow = new([server], startAt: Base, configure: static options => options.Endpoints[0].MaxResponseBytes = 1024 * 1024);

        await follow.UntilAsync(chain[^1]);

        spoiled.ShouldBeTrue();
        follow.Told.ShouldBe(Points(chain));
        follow.RollBacks.ShouldBeEmpty();
        server.Connected.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_dead_peer_is_noticed_by_the_question_for_the_tip_and_a_stream_that_stands_still_by_its_answer()
    {
        List<FakeBlock> chain = Chain(10);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: Base, configure: static options => options.Endpoints[0].Timeout = TimeSpan.FromMilliseconds(500));
        await follow.UntilAsync(chain[^1]);

        server.Answers = false;
        await follow.NextUntilAsync(() => server.Connected > 1);
        server.Answers = true;
        List<FakeBlock> more = chain[^1].Grow(1, "more");
        server.Replace(more);
        await follow.UntilAsync(more[^1]);

        server.GivesBlocks = false;
        int connected = server.Connected;
        List<FakeBlock> later = more[^1].Grow(1, "later");
        server.Replace(later);
        await follow.NextUntilAsync(() => server.Connected > connected);
        server.GivesBlocks = true;
        server.Signal();
        await follow.UntilAsync(later[^1]);

        follow.Told.ShouldBe(Points(chain.Concat(more).Concat(later)));
    }

    [Fact]
    public async Task A_reader_that_is_slow_slows_the_server_and_memory_stays_bounded()
    {
        List<FakeBlock> chain = Chain(500);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: Base, configure: static options => options.Pipelining = 20);
        await follow.UntilAsync(() => follow.Told.Count == 5);

        await Eventually.BecomesTrueAsync(_ => Task.FromResult(server.Requests.Count(static method => method == "nextBlock") >= 20), Patience, () => $"{server.Connected} connections, {server.Requests.Count} requests");
        server.Requests.Count(static method => method == "nextBlock").ShouldBeLessThanOrEqualTo(30);
        await follow.UntilAsync(chain[^1]);

        server.MostOpen.ShouldBeLessThanOrEqualTo(20);
        follow.Told.ShouldBe(Points(chain));
    }

    [Fact]
    public async Task A_scan_of_old_blocks_begins_at_a_point_that_was_seen_and_reads_no_further_than_asked()
    {
        List<FakeBlock> chain = Chain(600);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: Base);
        await follow.UntilAsync(chain[^1]);
        int before = server.Requests.Count(static method => method == "nextBlock");
        await using Follow scan = new([server], startAt: Base + 400, endAt: Base + 420, registration: follow.Registration);

        await scan.UntilAsync(() => scan.Told.Count == 21);

        scan.Told.ShouldBe(Points(chain.Skip(400).Take(21)));

        // At most 64 blocks from the last point that is remembered, and the 21; and what the first reading had sent already, but the server had not seen yet when it was counted.
        (server.Requests.Count(static method => method == "nextBlock") - before).ShouldBeLessThanOrEqualTo(64 + 21 + 4 + new CardanoOptions().Pipelining);
    }

    [Fact]
    public async Task A_scan_of_old_blocks_begins_at_the_point_that_the_store_keeps()
    {
        List<FakeBlock> chain = Chain(600);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow scan = new([server], startAt: Base + 400, endAt: Base + 420, pointBelow: height => chain[(int)(height - Base) - 1].Point);

        await scan.UntilAsync(() => scan.Told.Count == 21);

        scan.Told.ShouldBe(Points(chain.Skip(400).Take(21)));
        ((long)server.Offered![0]!["slot"]!).ShouldBe(chain[399].Point.Slot);
        server.Requests.Count(static method => method == "nextBlock").ShouldBeLessThanOrEqualTo(21 + 4);
    }

    [Fact]
    public async Task A_checkpoint_that_lies_too_high_is_passed_over_for_an_older_one()
    {
        List<FakeBlock> chain = Chain(200);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        string Checkpoint(int index) => $"{chain[index].Point.Slot}:{chain[index].Point.Hash}";
        await using Follow follow = new([server], startAt: Base + 120, configure: options =>
        {
            options.Checkpoints.Add(Checkpoint(50));
            options.Checkpoints.Add(Checkpoint(110));
            options.Checkpoints.Add(Checkpoint(150));
        });

        await follow.UntilAsync(chain[^1]);

        follow.Told.ShouldBe(Points(chain.Skip(120)));
        server.Connected.ShouldBe(2);
        ((string)server.Offered![0]!["id"]!).ShouldBe(chain[110].Point.Hash.ToString());
    }

    [Fact]
    public async Task An_epoch_boundary_block_is_passed_over_and_the_block_behind_it_follows_the_one_before()
    {
        List<FakeBlock> chain = Chain(12);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        string boundary = new('9', 64);
        bool sent = false;

        // After block 5 the server tells a boundary block, which costs the answer for block 6; the ancestor of block 6 is the boundary block then.
        server.Change = (method, text) =>
        {
            string sixth = $"\"id\":\"{chain[6].Point.Hash}\",\"ancestor\":\"{chain[5].Point.Hash}\"";
            return text.Contains(sixth, StringComparison.Ordinal) ? text.Replace(sixth, $"\"id\":\"{chain[6].Point.Hash}\",\"ancestor\":\"{boundary}\"", StringComparison.Ordinal) : text;
        };
        server.Inject = (block, tip) =>
        {
            if (sent || block != chain[5])
            {
                return null;
            }

            sent = true;
            return $"{{\"direction\":\"forward\",\"block\":{{\"type\":\"ebb\",\"era\":\"byron\",\"id\":\"{boundary}\",\"ancestor\":\"{chain[5].Point.Hash}\",\"height\":{chain[5].Point.Height}}},{tip}}}";
        };
        await using Follow follow = new([server], startAt: Base);

        await follow.UntilAsync(chain[^1]);

        sent.ShouldBeTrue();
        follow.Told.ShouldBe(Points(chain));
    }

    [Fact]
    public async Task A_reorg_below_what_is_final_stops_everything()
    {
        List<FakeBlock> chain = Chain(60);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: Base, configure: static options => options.FinalityDepth = 10);
        await follow.UntilAsync(chain[^1]);
        follow.Tip!.Finalized.ShouldBe(chain[^11].Point);

        server.Replace(chain[^20].Grow(40, "other"));

        FinalityViolationException exception = await Should.ThrowAsync<FinalityViolationException>(() => follow.UntilAsync(static () => false));
        exception.Message.ShouldContain("Chain 'cardano' replaced a final block");
    }

    [Fact]
    public async Task A_server_that_knows_none_of_our_points_because_it_is_far_behind_is_waited_for()
    {
        List<FakeBlock> chain = Chain(300);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain.Take(20));
        await using Follow follow = new([server], known: Points(chain.Skip(250).Take(20)), configure: static options => options.FinalityDepth = 5);

        Task following = follow.UntilAsync(chain[^1]);
        await Eventually.BecomesTrueAsync(_ => Task.FromResult(server.Requests.Count(static method => method == "findIntersection") >= 3), Patience, () => $"{server.Connected} connections, {server.Requests.Count} requests");
        server.Replace(chain.Skip(20).ToList());
        await following;

        follow.Told.ShouldBe(Points(chain.Skip(270)));
    }

    [Fact]
    public async Task A_first_block_that_was_replaced_while_nobody_was_connected_is_taken_back_from_below_it()
    {
        List<FakeBlock> chain = Chain(30);
        FakeBlock[] other = [.. chain.Take(20), .. chain[19].Grow(15, "other")];
        await using OgmiosServer server = await OgmiosServer.StartAsync(other);

        // All that is held is one block, which the server no longer has; nothing below it is known, and none of it is final.
        await using Follow follow = new([server], known: [chain[20].Point], configure: static options => options.FinalityDepth = 5);
        await follow.UntilAsync(other[^1]);

        follow.RollBacks.ShouldHaveSingleItem().Target.ShouldBe(chain[19].Point);
        follow.Told.TakeLast(15).ShouldBe(Points(other.Skip(20)));
    }

    [Fact]
    public async Task A_stream_that_stands_still_while_its_node_fell_back_is_left_for_another_connection()
    {
        List<FakeBlock> chain = Chain(30);
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], known: Points(chain.Take(25)));
        await follow.UntilAsync(chain[^1]);

        // The node's chain is another one now, and shorter; the stream says nothing of it.
        server.GivesBlocks = false;
        FakeBlock[] other = [.. chain[26].Grow(2, "other")];
        server.Replace(other);
        Task following = follow.UntilAsync(other[^1]);
        await Eventually.BecomesTrueAsync(_ => Task.FromResult(server.Connected >= 2), Patience, () => $"{server.Connected} connections, {server.Requests.Count} requests");
        server.GivesBlocks = true;
        await following;

        follow.RollBacks.ShouldHaveSingleItem().Target.ShouldBe(chain[26].Point);
    }
}
