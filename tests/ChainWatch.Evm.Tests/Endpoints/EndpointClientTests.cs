using System.Net;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

public sealed class EndpointClientTests
{
    [Fact]
    public void What_may_pass_is_tried_again_with_growing_jittered_waits()
    {
        RpcBench bench = new();
        bench.Script.Add(RpcBench.Status(HttpStatusCode.BadGateway));
        bench.Script.Add(RpcBench.Status(HttpStatusCode.ServiceUnavailable));
        bench.Script.Add(RpcBench.Good);

        bench.Call().ShouldBe(["\"result of a\""]);

        bench.Sent.Count.ShouldBe(3);
        (bench.Sent[2].At - bench.Sent[0].At).ShouldBeInRange(TimeSpan.FromTicks(1), TimeSpan.FromSeconds(0.75));
        bench.Observed.Requests.Select(static request => request.Failure).ShouldBe([EndpointErrorKind.Transient, EndpointErrorKind.Transient, null]);
    }

    [Fact]
    public void Each_request_has_an_id_of_its_own_in_the_log()
    {
        RpcBench bench = new();
        bench.Script.Add(RpcBench.Status(HttpStatusCode.BadGateway));
        bench.Script.Add(RpcBench.Good);
        bench.Call();

        Testing.LogEntry failed = bench.Logs.Of("EndpointRequestFailed").ShouldHaveSingleItem();
        Testing.LogEntry answered = bench.Logs.Of("EndpointAnswered").ShouldHaveSingleItem();
        long first = (long)failed.Values["RequestId"]!;
        ((long)answered.Values["RequestId"]!).ShouldBeGreaterThan(first);
        failed.Message.ShouldNotContain(RpcBench.Secret);
        failed.Values["Method"].ShouldBe("a");
    }

    [Fact]
    public void Trying_again_has_an_end()
    {
        RpcBench bench = new();
        bench.Script.Add(RpcBench.Status(HttpStatusCode.BadGateway));

        bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None)).Kind.ShouldBe(EndpointErrorKind.Transient);
        bench.Sent.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("Thu, 01 Jan 2026 00:00:07 GMT")]
    public void Too_many_requests_leaves_the_endpoint_alone_for_as_long_as_it_asked(string retryAfter)
    {
        RpcBench bench = new();
        bench.Script.Add(RpcBench.Status(HttpStatusCode.TooManyRequests, retryAfter: retryAfter));
        bench.Script.Add(RpcBench.Good);

        bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None)).Kind.ShouldBe(EndpointErrorKind.RateLimited);
        bench.Time.Advance(TimeSpan.FromSeconds(6.9));
        EndpointException early = bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None));
        early.Kind.ShouldBe(EndpointErrorKind.RateLimited);
        early.Error.RetryAfter!.Value.TotalSeconds.ShouldBe(0.1, 0.01);
        bench.Sent.Count.ShouldBe(1, "it was not sent");
        bench.Time.Advance(TimeSpan.FromSeconds(0.2));

        bench.Call().ShouldBe(["\"result of a\""]);
    }

    [Fact]
    public void Too_many_requests_without_a_time_pauses_longer_each_time()
    {
        RpcBench bench = new();
        bench.Script.Add(RpcBench.Status(HttpStatusCode.TooManyRequests));
        List<double> pauses = [];
        for (int i = 0; i < 4; i++)
        {
            bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None));
            pauses.Add(bench.Client.Paused.TotalSeconds);
            bench.Time.Advance(bench.Client.Paused);
        }

        pauses[0].ShouldBeInRange(0.5, 1);
        pauses[3].ShouldBeInRange(4, 8);
    }

    [Theory]
    [InlineData("https://rpc.example.org/v1?apikey={key}", "block/1", "/v1/block/1", "?apikey=only-key")]
    [InlineData("https://rpc.example.org/v1?apikey={key}", "block/1?page=2", "/v1/block/1", "?page=2&apikey=only-key")]
    [InlineData("https://rpc.example.org/{key}/", "block/1?page=2", "/only-key/block/1", "?page=2")]
    public void What_is_appended_to_a_URL_leaves_a_key_in_its_query_whole(string url, string path, string sentPath, string sentQuery)
    {
        RpcBench bench = new(options =>
        {
            options.Url = url;
            options.ApiKeys.Add("only-key");
        });

        bench.Scheduler.Run(async () => await bench.Client.SendAsync(new EndpointRequest { Method = "block", Path = path, Body = """{"id":1,"method":"block"}"""u8.ToArray(), Read = static _ => null }, CancellationToken.None));

        Uri sent = bench.Sent.ShouldHaveSingleItem().Url;
        sent.AbsolutePath.ShouldBe(sentPath);
        sent.Query.ShouldBe(sentQuery);
    }

    [Fact]
    public void A_refused_key_is_never_sent_again_and_the_next_one_is_taken()
    {
        RpcBench bench = new(static options =>
        {
            options.Url = "https://rpc.example.org/v1/{key}/rpc";
            options.ApiKeys.Add("first-key");
            options.ApiKeys.Add("second key");
        });
        bench.Script.Add(RpcBench.Status(HttpStatusCode.Forbidden));
        bench.Script.Add(RpcBench.Good);

        bench.Call().ShouldBe(["\"result of a\""]);
        bench.Call().ShouldBe(["\"result of a\""]);

        bench.Sent.Select(static sent => sent.Url.AbsolutePath).ShouldBe(["/v1/first-key/rpc", "/v1/second%20key/rpc", "/v1/second%20key/rpc"]);
        bench.Logs.Of("EndpointKeyRefused").ShouldHaveSingleItem();
    }

    [Fact]
    public void An_authorization_error_in_the_body_refuses_the_key_as_well()
    {
        RpcBench bench = new(static options =>
        {
            options.ApiKeys.Add("first-key");
            options.ApiKeys.Add("second-key");
        });
        bench.Script.Add(static body => FakeNode.Json(RpcBench.Error(body, -32600, "Must be authenticated!").ToJsonString()));
        bench.Script.Add(RpcBench.Good);

        bench.Call().ShouldBe(["\"result of a\""]);

        bench.Sent.Select(static sent => sent.Authorization!.ToString()).ShouldBe(["Bearer first-key", "Bearer second-key"]);
    }

    [Fact]
    public void When_no_key_is_left_nothing_is_sent()
    {
        RpcBench bench = new(static options => options.ApiKeys.Add("only-key"));
        bench.Script.Add(RpcBench.Status(HttpStatusCode.Unauthorized));

        bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None)).Kind.ShouldBe(EndpointErrorKind.AuthFailed);
        bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None)).Kind.ShouldBe(EndpointErrorKind.AuthFailed);
        bench.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public void A_used_up_quota_takes_the_next_key_and_comes_back_later()
    {
        RpcBench bench = new(static options =>
        {
            options.ApiKeys.Add("first-key");
            options.ApiKeys.Add("second-key");
        });
        bench.Script.Add(RpcBench.Status(HttpStatusCode.PaymentRequired));
        bench.Script.Add(RpcBench.Good);
        bench.Call();
        bench.Time.Advance(TimeSpan.FromHours(2));
        bench.Call();

        bench.Sent.Select(static sent => sent.Authorization!.Parameter).ShouldBe(["first-key", "second-key", "first-key"]);
    }

    [Fact]
    public void A_user_and_password_in_the_URL_become_a_header()
    {
        RpcBench bench = new(static options => options.Url = "https://user:pa%3Ass@rpc.example.org/");

        bench.Call();

        bench.Sent[0].Url.ToString().ShouldBe("https://rpc.example.org/");
        bench.Sent[0].Authorization!.ToString().ShouldBe("Basic " + Convert.ToBase64String("user:pa:ss"u8));
    }

    [Fact]
    public void Requests_keep_to_the_rate_after_a_burst()
    {
        RpcBench bench = new(static options =>
        {
            options.RequestsPerSecond = 5;
            options.Burst = 3;
        });
        for (int i = 0; i < 8; i++)
        {
            bench.Call();
        }

        double[] seconds = [.. bench.Sent.Select(sent => (sent.At - bench.Sent[0].At).TotalSeconds)];
        seconds[2].ShouldBe(0);
        seconds[3].ShouldBe(0.2, 0.001);
        seconds[7].ShouldBe(1, 0.001);
    }

    [Fact]
    public void Too_many_requests_slows_the_rate_down_for_a_while()
    {
        RpcBench bench = new(static options =>
        {
            options.RequestsPerSecond = 10;
            options.Burst = 1;
        });
        bench.Script.Add(RpcBench.Status(HttpStatusCode.TooManyRequests, retryAfter: "0"));
        bench.Script.Add(RpcBench.Good);
        bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None));
        for (int i = 0; i < 5; i++)
        {
            bench.Call();
        }

        (bench.Sent[5].At - bench.Sent[1].At).TotalSeconds.ShouldBeGreaterThan(0.7, "half the rate for now");
    }

    [Fact]
    public void No_more_requests_are_under_way_than_allowed()
    {
        RpcBench bench = new(static options => options.MaxConcurrency = 2);
        bench.BeforeAnswer = token => Task.Delay(TimeSpan.FromSeconds(1), bench.Time, token);

        bench.Scheduler.Run(async () => await Task.WhenAll(Enumerable.Range(0, 7).Select(async _ =>
        {
            using JsonRpcReplies replies = await bench.Rpc.CallAsync("a", "[]", CancellationToken.None);
        })));

        bench.MostUnderWay.ShouldBe(2);
        bench.Sent.Count.ShouldBe(7);
    }

    [Fact]
    public void A_request_that_hangs_is_given_up_and_not_sent_again()
    {
        RpcBench bench = new(static options => options.Timeout = TimeSpan.FromSeconds(10));
        bench.BeforeAnswer = token => Task.Delay(Timeout.InfiniteTimeSpan, bench.Time, token);

        EndpointException error = bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None));

        error.Kind.ShouldBe(EndpointErrorKind.Transient);
        error.Message.ShouldContain("within 10 s");
        bench.Sent.Count.ShouldBe(1, "asking once more would only take the time once more");
    }

    [Fact]
    public void Cancelling_is_no_failure_of_the_endpoint()
    {
        RpcBench bench = new();
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(1), bench.Time);
        bench.BeforeAnswer = token => Task.Delay(Timeout.InfiniteTimeSpan, bench.Time, token);

        bool cancelled = bench.Scheduler.Run(async () =>
        {
            try
            {
                using JsonRpcReplies replies = await bench.Rpc.CallAsync("a", "[]", stop.Token);
                return false;
            }
            catch (OperationCanceledException)
            {
                return true;
            }
        });

        cancelled.ShouldBeTrue();
        bench.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public void An_answer_larger_than_allowed_is_not_read_to_its_end()
    {
        RpcBench bench = new(static options => options.MaxResponseBytes = 1024 * 1024);
        bench.Script.Add(static body => FakeNode.Json(RpcBench.Result(body, new string('x', 1024 * 1024)).ToJsonString()));

        EndpointException error = bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None));

        error.Kind.ShouldBe(EndpointErrorKind.RangeTooLarge);
        error.Message.ShouldContain("MaxResponseBytes");
    }

    [Fact]
    public void A_batch_whose_answer_is_larger_than_allowed_is_split()
    {
        RpcBench bench = new(static options => options.MaxResponseBytes = 1024 * 1024);
        bench.Script.Add(static body => FakeNode.Json(body is JsonArray batch
            ? new JsonArray([.. batch.Select(static call => RpcBench.Result(call!, new string('x', 400_000)))]).ToJsonString()
            : RpcBench.Result(body, new string('x', 400_000)).ToJsonString()));

        bench.Call(5).ShouldAllBe(result => result.Length == 400_002);
    }

    [Fact]
    public void A_lost_connection_is_told_without_its_host()
    {
        RpcBench bench = new();
        bench.Script.Add(static _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused (rpc.example.org:443)"));

        EndpointException error = bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None));

        error.Kind.ShouldBe(EndpointErrorKind.Transient);
        error.ToString().ShouldNotContain("rpc.example.org");
        error.Message.ShouldContain("ConnectionError");
    }
}
