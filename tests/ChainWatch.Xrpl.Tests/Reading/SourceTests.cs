using System.Net.WebSockets;
using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

public sealed class SourceTests
{
    private static readonly ServedLedger[] Chain = FakeLedgers.Chain(60);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Ledgers_are_caught_up_with_and_followed_and_every_request_names_the_version_of_the_api(bool clio, bool http)
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 30);
        server.Clio = clio;
        await using Follow follow = new([server], FakeLedgers.First, http: http);

        await follow.ReadAsync(30);
        await server.AdvanceAsync(10);
        await follow.ReadAsync(40);

        follow.Told.ShouldBe(Chain.Take(40).Select(static ledger => ledger.Point));
        follow.Payments.ShouldBe(FakeLedgers.Expected(40));
        server.Requests.ShouldAllBe(static request => (int)request["api_version"]! == 2);
        server.Requests.Count(static request => request["transactions"] is not null).ShouldBe(40);
    }

    [Fact]
    public async Task A_gap_in_the_stream_is_filled_and_what_is_announced_twice_is_told_once()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 1);
        await using Follow follow = new([server], FakeLedgers.First);
        await follow.ReadAsync(1);

        await server.AdvanceAsync(9, announceOnlyLast: true);
        await follow.ReadAsync(10);
        await server.AnnounceAsync(Chain[9]);
        await server.AnnounceAsync(Chain[3]);
        await server.AdvanceAsync();
        await follow.ReadAsync(11);

        follow.Told.ShouldBe(Chain.Take(11).Select(static ledger => ledger.Point));
    }

    [Fact]
    public async Task A_silent_stream_costs_nothing_but_time()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 1);
        server.Announces = false;
        await using Follow follow = new([server], FakeLedgers.First);
        await follow.ReadAsync(1);

        await server.AdvanceAsync(5);
        await follow.ReadAsync(6);

        follow.Told.ShouldBe(Chain.Take(6).Select(static ledger => ledger.Point));
    }

    [Fact]
    public async Task A_shortened_list_of_transactions_is_refused_and_asked_for_elsewhere()
    {
        await using XrplServer short1 = await XrplServer.StartAsync(Chain, validated: 10);
        await using XrplServer whole = await XrplServer.StartAsync(Chain, validated: 10);
        short1.Change = static (request, answer) =>
        {
            if (answer["result"]?["ledger"]?["transactions"] is JsonArray { Count: > 1 } list)
            {
                list.RemoveAt(1);
            }

            return answer;
        };
        await using Follow follow = new([short1, whole], FakeLedgers.First);

        await follow.ReadAsync(10);

        follow.Payments.ShouldBe(FakeLedgers.Expected(10));
        follow.Observed.Refused.ShouldContain("endpoint-1 ledger");
    }

    [Theory]
    [InlineData(IntegrityLevel.Intrinsic, false)]
    [InlineData(IntegrityLevel.Intrinsic, true)]
    [InlineData(IntegrityLevel.Off, false)]
    public async Task How_hard_a_ledger_is_checked_is_configured(IntegrityLevel level, bool observeOnly)
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 10);
        bool changed = false;
        server.Change = (request, answer) =>
        {
            // The last one, so that the numbers of the others have no gap; once, so that what is refused comes right in the end.
            if (!changed && answer["result"]?["ledger"]?["transactions"] is JsonArray { Count: > 1 } list)
            {
                list.RemoveAt(list.Count - 1);
                changed = true;
            }

            return answer;
        };
        await using Follow follow = new([server], FakeLedgers.First, configure: options =>
        {
            options.Integrity = level;
            options.ObserveOnly = observeOnly;
        });

        await follow.ReadAsync(10);

        follow.Payments.ShouldBe(FakeLedgers.Expected(10));
        follow.Observed.Refused.Any().ShouldBe(level != IntegrityLevel.Off);
        follow.Logs.Of("EndpointAnswerObserved").Any().ShouldBe(observeOnly);
        follow.Logs.Of("EndpointAnswerRefused").Any().ShouldBe(level != IntegrityLevel.Off && !observeOnly);
    }

    [Theory]
    [InlineData("tx_blob")]
    [InlineData("meta_blob")]
    [InlineData("ledger_data")]
    public async Task One_changed_digit_anywhere_in_a_ledger_is_noticed(string where)
    {
        await using XrplServer liar = await XrplServer.StartAsync(Chain, validated: 4);
        await using XrplServer honest = await XrplServer.StartAsync(Chain, validated: 4);
        liar.Change = (request, answer) =>
        {
            if (answer["result"]?["ledger"] is JsonObject ledger && (where == "ledger_data" || ledger["transactions"] is not null))
            {
                JsonObject holder = where == "ledger_data" ? ledger : ledger["transactions"]![1]!.AsObject();
                char[] digits = ((string)holder[where]!).ToCharArray();
                int at = digits.Length - 5;
                digits[at] = digits[at] == '0' ? '1' : '0';
                holder[where] = new string(digits);
            }

            return answer;
        };
        await using Follow follow = new([liar, honest], FakeLedgers.First);

        await follow.ReadAsync(4);

        follow.Payments.ShouldBe(FakeLedgers.Expected(4));
        follow.Observed.Refused.ShouldContain("endpoint-1 ledger");
    }

    [Fact]
    public async Task What_is_not_validated_is_never_told()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 3);
        int unvalidated = 0;
        server.Change = (request, answer) =>
        {
            if (answer["result"]?["validated"] is not null && answer["result"]!["ledger_hash"]!.GetValue<string>() == Chain[3].Hash && unvalidated++ < 4)
            {
                answer["result"]!["validated"] = false;
            }

            return answer;
        };
        await using Follow follow = new([server], FakeLedgers.First);
        await follow.ReadAsync(3);

        await server.AdvanceAsync();
        await follow.ReadAsync(4);

        unvalidated.ShouldBeGreaterThan(4);
        follow.Told.ShouldBe(Chain.Take(4).Select(static ledger => ledger.Point));
    }

    [Fact]
    public async Task The_two_reasons_of_a_policy_close_mean_two_things_and_neither_loses_a_ledger()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 2);
        await using Follow follow = new([server], FakeLedgers.First);
        await follow.ReadAsync(2);

        await server.CloseAllAsync(WebSocketCloseStatus.PolicyViolation, "Policy error: client is too slow.");
        await server.AdvanceAsync(2);
        await follow.ReadAsync(4);
        EndpointError slow = XrplErrors.ToError(Client(server), "Policy error: client is too slow.");
        EndpointError often = XrplErrors.ToError(Client(server), "threshold exceeded");

        follow.Told.ShouldBe(Chain.Take(4).Select(static ledger => ledger.Point));
        slow.Kind.ShouldBe(EndpointErrorKind.SlowConsumer);
        often.Kind.ShouldBe(EndpointErrorKind.RateLimited);
    }

    [Fact]
    public async Task A_connection_that_is_closed_for_too_many_requests_is_a_rate_limit()
    {
        await using XrplServer first = await XrplServer.StartAsync(Chain, validated: 5);
        await using XrplServer second = await XrplServer.StartAsync(Chain, validated: 5);
        first.Instead = static async (connection, request) =>
        {
            if (request["transactions"] is null)
            {
                return false;
            }

            await connection.CloseAsync(WebSocketCloseStatus.PolicyViolation, "threshold exceeded");
            return true;
        };
        await using Follow follow = new([first, second], FakeLedgers.First);

        await follow.ReadAsync(5);

        follow.Observed.Requests.ShouldContain(static request => request.Endpoint == "endpoint-1" && request.Failure == EndpointErrorKind.RateLimited);
        follow.Payments.ShouldBe(FakeLedgers.Expected(5));
    }

    [Theory]
    [InlineData("slowDown")]
    [InlineData("tooBusy")]
    [InlineData("noCurrent")]
    [InlineData("amendmentBlocked")]
    [InlineData("something new")]
    public async Task A_server_that_refuses_is_left_for_another(string error)
    {
        await using XrplServer first = await XrplServer.StartAsync(Chain, validated: 5);
        await using XrplServer second = await XrplServer.StartAsync(Chain, validated: 5);
        first.Change = (request, answer) => request["transactions"] is null
            ? answer
            : new JsonObject { ["id"] = request["id"]!.DeepClone(), ["type"] = "response", ["status"] = "error", ["error"] = error };
        await using Follow follow = new([first, second], FakeLedgers.First);

        await follow.ReadAsync(5);

        follow.Payments.ShouldBe(FakeLedgers.Expected(5));
        follow.Observed.Requests.ShouldContain(static request => request.Endpoint == "endpoint-2" && request.Failure == null);
    }

    [Fact]
    public async Task A_broken_connection_is_replaced_and_nothing_is_lost()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 2);
        await using Follow follow = new([server], FakeLedgers.First);
        for (int round = 1; round <= 5; round++)
        {
            await follow.ReadAsync(2 * round);
            server.BreakAll();
            await server.AdvanceAsync(2);
        }

        await follow.ReadAsync(12);

        follow.Told.ShouldBe(Chain.Take(12).Select(static ledger => ledger.Point));
        server.Connected.ShouldBeGreaterThan(2);
    }

    [Theory]
    [InlineData("no JSON at all")]
    [InlineData("{\"type\":\"ledgerClosed\",\"ledger_index\":")]
    [InlineData("[1,2,3]")]
    [InlineData("{\"type\":\"ledgerClosed\",\"ledger_index\":80000005,\"ledger_hash\":\"zz\"}")]
    public async Task A_malformed_frame_ends_the_connection_and_not_the_stream(string frame)
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 2);
        await using Follow follow = new([server], FakeLedgers.First);
        await follow.ReadAsync(2);

        await server.PushAsync(frame);
        await server.AdvanceAsync(3);
        await follow.ReadAsync(5);

        follow.Told.ShouldBe(Chain.Take(5).Select(static ledger => ledger.Point));
    }

    [Fact]
    public async Task Messages_in_many_pieces_and_pushes_of_other_kinds_are_understood()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 2);
        server.Instead = async (connection, request) =>
        {
            if (request["ledger_hash"] is null || request["transactions"] is null)
            {
                return false;
            }

            JsonObject result = Chain.Single(ledger => string.Equals(ledger.Hash, (string)request["ledger_hash"]!, StringComparison.OrdinalIgnoreCase)).ToResult(transactions: true);
            await connection.SendAsync("""{"type":"transaction","validated":false,"engine_result":"tesSUCCESS","ledger_index":80000009,"tx_json":{"Destination":"r"}}""");
            await connection.SendAsync("""{"type":"serverStatus","load_base":256,"server_status":"full"}""");
            await connection.SendInPiecesAsync(new JsonObject { ["result"] = result, ["id"] = request["id"]!.DeepClone(), ["status"] = "success", ["type"] = "response" }.ToJsonString(), 7);
            return true;
        };
        await using Follow follow = new([server], FakeLedgers.First);
        await follow.ReadAsync(2);

        await server.AdvanceAsync(1);
        await follow.ReadAsync(3);

        follow.Payments.ShouldBe(FakeLedgers.Expected(3));
    }

    [Fact]
    public async Task A_server_with_partial_history_is_not_asked_for_what_it_does_not_hold()
    {
        await using XrplServer recent = await XrplServer.StartAsync(Chain, validated: 20);
        recent.HoldsFrom = 12;
        await using XrplServer full = await XrplServer.StartAsync(Chain, validated: 20);
        await using Follow follow = new([recent, full], FakeLedgers.First);

        await follow.ReadAsync(20);

        follow.Told.ShouldBe(Chain.Take(20).Select(static ledger => ledger.Point));
        recent.Requests.ShouldNotContain(static request => request["ledger_index"] != null && request["ledger_index"]!.GetValueKind() == System.Text.Json.JsonValueKind.Number && (long)request["ledger_index"]! < FakeLedgers.First + 12);
    }

    [Fact]
    public async Task Where_no_server_holds_a_ledger_the_reason_says_so()
    {
        await using XrplServer recent = await XrplServer.StartAsync(Chain, validated: 20);
        recent.HoldsFrom = 12;
        await using Follow follow = new([recent], FakeLedgers.First);
        Task<ChainUpdate> next = follow.NextAsync();

        while (follow.Registration.Status.LastError is null)
        {
            await Task.Yield();
        }

        follow.Registration.Status.LastError.ShouldContain("full history");
        next.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData("amendment")]
    [InlineData("syncing")]
    [InlineData("network")]
    public async Task A_server_that_is_not_fit_is_left_for_another(string what)
    {
        await using XrplServer unfit = await XrplServer.StartAsync(Chain, validated: 5);
        await using XrplServer fit = await XrplServer.StartAsync(Chain, validated: 5);
        unfit.AmendmentBlocked = what == "amendment";
        unfit.State = what == "syncing" ? "syncing" : "full";
        unfit.NetworkId = what == "network" ? 1 : 0;
        await using Follow follow = new([unfit, fit], FakeLedgers.First);

        await follow.ReadAsync(5);

        unfit.Requests.ShouldNotContain(static request => (string)request["command"]! == "ledger");
        follow.Logs.Of(what == "network" ? "EndpointRefused" : "EndpointFailed").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_chain_of_a_test_network_refuses_servers_that_do_not_say_their_network()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 5);
        await using Follow follow = new([server], FakeLedgers.First, configure: static xrpl => xrpl.NetworkId = 1);
        Task<ChainUpdate> next = follow.NextAsync();

        while (follow.Logs.Of("EndpointRefused").Count == 0)
        {
            await Task.Yield();
        }

        next.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_server_that_lags_never_rolls_anything_back()
    {
        await using XrplServer ahead = await XrplServer.StartAsync(Chain, validated: 10);
        await using XrplServer behind = await XrplServer.StartAsync(Chain, validated: 6);
        await using Follow follow = new([ahead, behind], FakeLedgers.First, configure: static xrpl => xrpl.Endpoints[0].Timeout = TimeSpan.FromMilliseconds(200));
        await follow.ReadAsync(10);

        ahead.Change = static (_, _) => null;
        ahead.BreakAll();
        ahead.State = "syncing";
        await behind.AdvanceAsync(2);
        await follow.UntilAsync(() => behind.Requests.Count(static request => (string)request["command"]! == "ledger") > 10);
        await behind.AdvanceAsync(4);
        await follow.ReadAsync(12);

        follow.Told.ShouldBe(Chain.Take(12).Select(static ledger => ledger.Point));
    }

    [Fact]
    public async Task Another_ledger_at_a_validated_height_is_a_violation_that_stops_the_chain()
    {
        await using XrplServer forked = await XrplServer.StartAsync(FakeLedgers.Chain(10, salt: 3), validated: 10);
        await using Follow follow = new([forked], null, known: [.. Chain.Take(8).Select(static ledger => ledger.Point)]);

        await Should.ThrowAsync<FinalityViolationException>(async () =>
        {
            while (true)
            {
                (await follow.NextAsync()).ShouldNotBeOfType<RollForward>();
            }
        });
    }

    [Fact]
    public async Task A_restart_goes_on_behind_the_last_point_that_is_held()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 20);
        await using Follow follow = new([server], null, known: [.. Chain.Take(8).Select(static ledger => ledger.Point)]);

        await follow.ReadAsync(12);

        follow.Told.ShouldBe(Chain.Skip(8).Take(12).Select(static ledger => ledger.Point));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_left_for_another()
    {
        await using XrplServer mute = await XrplServer.StartAsync(Chain, validated: 5);
        await using XrplServer other = await XrplServer.StartAsync(Chain, validated: 5);
        mute.Change = static (_, _) => null;
        await using Follow follow = new([mute, other], FakeLedgers.First, configure: static xrpl => xrpl.Endpoints[0].Timeout = TimeSpan.FromMilliseconds(200));

        await follow.ReadAsync(5);

        follow.Payments.ShouldBe(FakeLedgers.Expected(5));
    }

    [Fact]
    public async Task A_warning_of_load_halves_what_is_asked_for_at_once_and_a_silent_stream_opens_another_connection()
    {
        await using XrplServer server = await XrplServer.StartAsync(Chain, validated: 5);
        server.Announces = false;
        ManualTimeProvider time = new();
        XrplEndpoint endpoint = new(Client(server, time), new XrplIdentity("xrpl", 0), new LedgerFeed(), time, TimeSpan.FromSeconds(20));
        await endpoint.ConnectAsync(CancellationToken.None);
        int before = endpoint.AtOnce;
        server.Change = static (request, answer) =>
        {
            answer["warning"] = "load";
            return answer;
        };

        (await endpoint.AskAsync("ledger", "\"ledger_index\":\"validated\",\"binary\":true,", CancellationToken.None)).Dispose();
        endpoint.AtOnce.ShouldBe(before / 2);
        server.Change = null;
        for (int index = 0; index < 32; index++)
        {
            (await endpoint.AskAsync("ledger", "\"ledger_index\":\"validated\",\"binary\":true,", CancellationToken.None)).Dispose();
        }

        endpoint.AtOnce.ShouldBe((before / 2) + 1);
        server.Connected.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(21));
        (await endpoint.AskAsync("ledger", "\"ledger_index\":\"validated\",\"binary\":true,", CancellationToken.None)).Dispose();
        server.Connected.ShouldBe(2);
        endpoint.Dispose();
    }

    private static EndpointClient Client(XrplServer server, TimeProvider? time = null) => new(
        "xrpl",
        "alpha",
        new EndpointOptions { Url = server.WebSocketUrl },
        time ?? TimeProvider.System,
        new LogRecorder().CreateLogger("test"));
}
