using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

public sealed class JsonRpcClientTests
{
    [Fact]
    public void A_single_call_is_an_object_with_an_integer_id()
    {
        RpcBench bench = new();

        bench.Call().ShouldBe(["\"result of a\""]);

        JsonObject sent = bench.Sent.ShouldHaveSingleItem().Body.ShouldBeOfType<JsonObject>();
        sent.ToJsonString().ShouldBe("""{"jsonrpc":"2.0","id":1,"method":"a","params":[]}""");
    }

    [Fact]
    public void Answers_in_another_order_go_to_their_calls()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => FakeNode.Json(new JsonArray([.. body.AsArray().Reverse().Select(static call => RpcBench.Result(call!))]).ToJsonString()));

        bench.Call(3).ShouldBe(["\"result of a\"", "\"result of b\"", "\"result of c\""]);
    }

    [Fact]
    public void Calls_that_a_batch_leaves_out_are_asked_again()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => FakeNode.Json(new JsonArray(RpcBench.Result(body[0]!), RpcBench.Result(body[2]!)).ToJsonString()));
        bench.Script.Add(RpcBench.Good);

        bench.Call(4).ShouldBe(["\"result of a\"", "\"result of b\"", "\"result of c\"", "\"result of d\""]);
    }

    [Fact]
    public void A_call_that_is_never_answered_fails()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => FakeNode.Json(body is JsonArray batch
            ? new JsonArray([.. batch.Where(static call => (string)call!["method"]! != "b").Select(static call => RpcBench.Result(call!))]).ToJsonString()
            : (string)body["method"]! == "b" ? "[]" : RpcBench.Result(body).ToJsonString()));

        bench.Fails(async () => await bench.Rpc.CallAsync([new("a", "[]"), new("b", "[]"), new("c", "[]")], CancellationToken.None)).Kind.ShouldBe(EndpointErrorKind.Transient);
    }

    [Theory]
    [InlineData("id of the first call")]
    [InlineData("no id")]
    [InlineData("bare object")]
    public void A_batch_that_is_too_large_is_split_and_the_size_is_remembered(string form)
    {
        RpcBench bench = new();
        bench.Script.Add(body =>
        {
            if (body is not JsonArray { Count: > 3 } batch)
            {
                return RpcBench.Good(body);
            }

            JsonObject error = RpcBench.Error(batch[0]!, -32600, "batch too large");
            if (form != "id of the first call")
            {
                error["id"] = null;
            }

            return FakeNode.Json(form == "bare object" ? error.ToJsonString() : new JsonArray(error).ToJsonString());
        });

        bench.Call(8).ShouldAllBe(result => result.StartsWith("\"result of"));
        int before = bench.Sent.Count;
        bench.Call(8).ShouldAllBe(result => result.StartsWith("\"result of"));
        bench.Sent.Skip(before).ShouldAllBe(sent => sent.Body is JsonObject || sent.Body.AsArray().Count <= 3);
    }

    [Fact]
    public void An_endpoint_that_takes_no_batches_gets_single_calls()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => body is JsonArray
            ? FakeNode.Json("""{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}""", HttpStatusCode.BadRequest)
            : RpcBench.Good(body));

        bench.Call(3).ShouldBe(["\"result of a\"", "\"result of b\"", "\"result of c\""]);
        bench.Rpc.BatchLimit.ShouldBe(1);
    }

    [Fact]
    public void A_single_error_inside_a_batch_is_that_calls_alone()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => FakeNode.Json(new JsonArray(RpcBench.Result(body[0]!), RpcBench.Error(body[1]!, -32601, "no such method")).ToJsonString()));

        bench.Call(2).ShouldBe(["\"result of a\"", "Unsupported"]);
    }

    [Fact]
    public void An_answer_to_another_call_is_not_taken()
    {
        RpcBench bench = new();
        bench.Script.Add(static _ => FakeNode.Json("""{"jsonrpc":"2.0","id":999,"result":"not yours"}"""));

        bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None)).Kind.ShouldBe(EndpointErrorKind.Transient);
    }

    [Fact]
    public void Ids_that_come_back_as_text_are_understood()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => FakeNode.Json($$"""{"jsonrpc":"2.0","id":"{{(long)body["id"]!}}","result":7}"""));

        bench.Call().ShouldBe(["7"]);
    }

    [Fact]
    public void The_body_counts_before_the_status()
    {
        RpcBench error = new();
        error.Script.Add(static body => FakeNode.Json(RpcBench.Error(body, -32601, "Method not found").ToJsonString(), HttpStatusCode.InternalServerError));
        RpcBench result = new();
        result.Script.Add(static body => FakeNode.Json(RpcBench.Result(body).ToJsonString(), HttpStatusCode.InternalServerError));

        error.Call().ShouldBe(["Unsupported"]);
        result.Call().ShouldBe(["\"result of a\""]);
    }

    [Fact]
    public void HTML_is_a_passing_failure()
    {
        RpcBench bench = new();
        bench.Script.Add(RpcBench.Status(HttpStatusCode.OK, "<html><body>It works!</body></html>"));

        EndpointException error = bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None));

        error.Kind.ShouldBe(EndpointErrorKind.Transient);
        error.Message.ShouldContain("HTML");
        bench.Sent.Count.ShouldBe(3, "it was tried again");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("17")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"resu")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"hash\":\"0x12")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1}")]
    public void A_body_without_an_answer_fails_the_call(string body)
    {
        RpcBench bench = new();
        bench.Script.Add(RpcBench.Status(HttpStatusCode.OK, body));

        bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None)).Kind.ShouldBe(EndpointErrorKind.Transient);
    }

    [Fact]
    public void A_batch_that_breaks_off_is_asked_again_where_it_broke()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => FakeNode.Json($"[{RpcBench.Result(body[0]!).ToJsonString()},{RpcBench.Result(body[1]!).ToJsonString()[..^8]}"));
        bench.Script.Add(RpcBench.Good);

        bench.Call(2).ShouldBe(["\"result of a\"", "\"result of b\""]);
    }

    [Fact]
    public void Results_are_handed_on_as_they_came()
    {
        RpcBench bench = new();
        string deep = string.Concat(Enumerable.Repeat("{\"calls\":[", 2000)) + string.Concat(Enumerable.Repeat("]}", 2000));
        bench.Script.Add(body => FakeNode.Json($$"""{"id":{{(long)body["id"]!}}, "result" :  {{deep}} }"""));

        bench.Call().ShouldBe([deep]);
    }

    [Fact]
    public void A_null_result_is_no_error()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => FakeNode.Json($$"""{"id":{{(long)body["id"]!}},"result":null,"error":null}"""));
        using JsonRpcReplies replies = bench.Scheduler.Run(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None));

        replies[0].IsNull.ShouldBeTrue();
        replies[0].Error.ShouldBeNull();
    }

    [Fact]
    public void Neither_keys_nor_parts_of_the_URL_get_into_messages_and_logs()
    {
        RpcBench bench = new(static options => options.ApiKeys.Add("key-of-the-house"));
        bench.Script.Add(static body => FakeNode.Json(RpcBench.Error(body, -32000, $"bad call to rpc.example.org/v1/{RpcBench.Secret} with key-of-the-house").ToJsonString()));
        bench.Script.Add(RpcBench.Status(HttpStatusCode.Unauthorized, $"no entry for key-of-the-house at https://rpc.example.org/v1/{RpcBench.Secret}"));

        StringBuilder all = new();
        all.Append(bench.Fails(async () => await bench.Rpc.CallAsync("a", "[]", CancellationToken.None)));
        all.AppendJoin(' ', bench.Logs.Entries.Select(static entry => entry.Message));

        all.ToString().ShouldContain("…");
        all.ToString().ShouldNotContain(RpcBench.Secret);
        all.ToString().ShouldNotContain("key-of-the-house");
        all.ToString().ShouldNotContain("rpc.example.org");
    }
}
