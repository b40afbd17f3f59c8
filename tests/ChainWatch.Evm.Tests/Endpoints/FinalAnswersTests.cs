using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>What is kept, for how long, and who shares it.</summary>
public sealed class FinalAnswersTests
{
    [Fact]
    public void A_final_answer_is_given_out_again_and_counted()
    {
        RpcBench bench = new();

        Ask(bench, "a", "b").ShouldBe(["\"result of a\"", "\"result of b\""]);
        Ask(bench, "b", "c", "a").ShouldBe(["\"result of b\"", "\"result of c\"", "\"result of a\""]);

        Methods(bench).ShouldBe([["a", "b"], ["c"]]);
        (bench.Kept.Read, bench.Kept.Kept, bench.Kept.Shared).ShouldBe((3, 2, 0));
    }

    [Fact]
    public void Other_answers_are_not_kept()
    {
        RpcBench bench = new();
        for (int round = 0; round < 2; round++)
        {
            Scoped(bench, async () => (await bench.Rpc.CallAsync([new("a", "[]") { IsFinal = true }, new("b", "[]")], CancellationToken.None)).Dispose());
        }

        Methods(bench).ShouldBe([["a", "b"], ["b"]]);
    }

    [Fact]
    public void Outside_of_a_scope_everything_is_asked()
    {
        RpcBench bench = new();
        Ask(bench, "a");

        bench.Scheduler.Run(async () => (await bench.Rpc.CallAsync([new("a", "[]") { IsFinal = true }], CancellationToken.None)).Dispose());

        Methods(bench).ShouldBe([["a"], ["a"]]);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"\"")]
    [InlineData("\"0x\"")]
    public void What_says_nothing_is_not_kept(string nothing)
    {
        RpcBench bench = new();
        bench.Script.Add(body => Answer(body, nothing));
        bench.Script.Add(RpcBench.Good);

        Ask(bench, "a").ShouldBe([nothing]);
        Ask(bench, "a").ShouldBe(["\"result of a\""]);
        Ask(bench, "a").ShouldBe(["\"result of a\""]);
        bench.Sent.Count.ShouldBe(2);
    }

    [Fact]
    public void An_error_is_not_kept()
    {
        RpcBench bench = new();
        bench.Script.Add(static body => FakeNode.Json(new JsonArray([.. body.AsArray().Select(static (call, index) => index == 0 ? RpcBench.Error(call!, -32000, "boom") : RpcBench.Result(call!))]).ToJsonString()));
        bench.Script.Add(RpcBench.Good);

        Ask(bench, "a", "b")[1].ShouldBe("\"result of b\"");
        Ask(bench, "a", "b").ShouldBe(["\"result of a\"", "\"result of b\""]);

        Methods(bench)[1].ShouldBe(["a"]);
    }

    [Fact]
    public void It_expires()
    {
        RpcBench bench = new();
        Ask(bench, "a");
        bench.Time.Advance(TimeSpan.FromMinutes(59));
        Ask(bench, "a");
        bench.Sent.Count.ShouldBe(1);

        bench.Time.Advance(TimeSpan.FromMinutes(1));

        bench.Kept.Bytes.ShouldBe(0);
        Ask(bench, "a");
        bench.Sent.Count.ShouldBe(2);
    }

    [Fact]
    public void It_holds_no_more_bytes_than_it_may_and_lets_the_oldest_go()
    {
        RpcBench bench = new(keepsBytes: 4096);
        for (int index = 0; index < 40; index++)
        {
            Ask(bench, $"m{index}");
            bench.Kept.Bytes.ShouldBeLessThanOrEqualTo(4096);
        }

        bench.Kept.Bytes.ShouldBeGreaterThan(2048);
        Ask(bench, "m39");
        bench.Sent.Count.ShouldBe(40, "the newest is still there");
        Ask(bench, "m0");
        bench.Sent.Count.ShouldBe(41);
    }

    [Fact]
    public void An_answer_that_is_larger_than_all_it_may_hold_is_not_kept()
    {
        RpcBench bench = new(keepsBytes: 64);
        Ask(bench, "a");
        bench.Kept.Bytes.ShouldBe(0);
        Ask(bench, "a");
        bench.Sent.Count.ShouldBe(2);
    }

    [Fact]
    public void A_large_answer_comes_back_as_it_was_and_takes_less_room()
    {
        string large = new StringBuilder("[").AppendJoin(",", Enumerable.Range(0, 20_000).Select(static number => $"\"0x{number * 2654435761L:x}\"")).Append(']').ToString();
        RpcBench bench = new(keepsBytes: 1024 * 1024);
        bench.Script.Add(body => Answer(body, large));

        Ask(bench, "a");

        Ask(bench, "a").ShouldBe([large]);
        bench.Sent.Count.ShouldBe(1);
        bench.Kept.Bytes.ShouldBeLessThan(large.Length * 7 / 10);
    }

    [Fact]
    public void A_recorded_block_takes_less_than_half_of_its_size()
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        string block = Encoding.UTF8.GetString(VectorFiles.Result(folder, "eth_getBlockByNumber/get-latest.io"));
        RpcBench bench = new();
        bench.Script.Add(body => Answer(body, block));

        Ask(bench, "a").ShouldBe([block]);

        ((double)bench.Kept.Bytes / block.Length).ShouldBeLessThan(0.5);
    }

    [Fact]
    public void Who_asks_the_same_at_the_same_time_shares_one_request()
    {
        RpcBench bench = new();
        TaskCompletionSource gate = new();
        bench.BeforeAnswer = _ => gate.Task;
        List<Task<string[]>> askers = [];
        bench.Scheduler.Start(() =>
        {
            askers.Add(AskAsync(bench, CancellationToken.None, "a", "b"));
            askers.Add(AskAsync(bench, CancellationToken.None, "b", "a"));
            askers.Add(AskAsync(bench, CancellationToken.None, "a", "c"));
            return Task.CompletedTask;
        });
        bench.Scheduler.RunUntilIdle();
        gate.SetResult();
        bench.Scheduler.RunUntilIdle();

        askers.Select(Done).ShouldBe([["\"result of a\"", "\"result of b\""], ["\"result of b\"", "\"result of a\""], ["\"result of a\"", "\"result of c\""]]);
        Methods(bench).ShouldBe([["a", "b"], ["c"]], ignoreOrder: true);
        bench.Kept.Shared.ShouldBe(3);
    }

    [Fact]
    public void Who_is_cancelled_does_not_take_those_with_him_who_share()
    {
        RpcBench bench = new();
        bool held = true;
        bench.BeforeAnswer = cancellation => held ? Task.Delay(Timeout.Infinite, cancellation) : Task.CompletedTask;
        using CancellationTokenSource cancel = new();
        Task<string[]>? first = null;
        Task<string[]>? second = null;
        bench.Scheduler.Start(() =>
        {
            first = AskAsync(bench, cancel.Token, "a");
            second = AskAsync(bench, CancellationToken.None, "a");
            return Task.CompletedTask;
        });
        bench.Scheduler.RunUntilIdle();
        bench.Sent.Count.ShouldBe(1);
        held = false;
        cancel.Cancel();
        bench.Scheduler.RunUntilIdle();

        first!.IsCanceled.ShouldBeTrue();
        Done(second).ShouldBe(["\"result of a\""]);
        bench.Sent.Count.ShouldBe(2);
    }

    [Fact]
    public void Who_stops_waiting_for_another_does_not_stop_him()
    {
        RpcBench bench = new();
        TaskCompletionSource gate = new();
        bench.BeforeAnswer = _ => gate.Task;
        using CancellationTokenSource cancel = new();
        Task<string[]>? first = null;
        Task<string[]>? second = null;
        bench.Scheduler.Start(() =>
        {
            first = AskAsync(bench, CancellationToken.None, "a");
            second = AskAsync(bench, cancel.Token, "a");
            return Task.CompletedTask;
        });
        bench.Scheduler.RunUntilIdle();
        cancel.Cancel();
        bench.Scheduler.RunUntilIdle();
        second!.IsCanceled.ShouldBeTrue();
        gate.SetResult();
        bench.Scheduler.RunUntilIdle();

        Done(first).ShouldBe(["\"result of a\""]);
        Ask(bench, "a");
        bench.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public void A_failure_is_not_shared_with_those_who_ask_later()
    {
        RpcBench bench = new();
        bench.Script.Add(RpcBench.Status(HttpStatusCode.Forbidden));
        bench.Script.Add(RpcBench.Good);
        Should.Throw<EndpointException>(() => Ask(bench, "a"));

        Ask(bench, "a").ShouldBe(["\"result of a\""]);
        bench.Kept.Bytes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void What_was_on_its_way_when_all_was_forgotten_is_not_kept()
    {
        RpcBench bench = new();
        TaskCompletionSource gate = new();
        bench.BeforeAnswer = _ => gate.Task;
        Task<string[]>? first = null;
        Task<string[]>? later = null;
        bench.Scheduler.Start(() =>
        {
            first = AskAsync(bench, CancellationToken.None, "a");
            bench.Kept.Forget();
            later = AskAsync(bench, CancellationToken.None, "a");
            return Task.CompletedTask;
        });
        bench.Scheduler.RunUntilIdle();
        bench.Sent.Count.ShouldBe(2, "who asks after that does not share what began before");
        gate.SetResult();
        bench.Scheduler.RunUntilIdle();

        Done(first).ShouldBe(Done(later));
        long once = bench.Kept.Bytes;
        bench.Kept.Forget("somebody else");
        bench.Kept.Bytes.ShouldBe(once);
        bench.Kept.Forget("alpha");
        bench.Kept.Bytes.ShouldBe(0);
    }

    [Fact]
    public void Forgotten_on_its_way_and_asked_by_nobody_else_it_takes_no_room()
    {
        RpcBench bench = new();
        bench.BeforeAnswer = _ =>
        {
            bench.Kept.Forget();
            return Task.CompletedTask;
        };

        Ask(bench, "a");

        bench.Kept.Bytes.ShouldBe(0);
    }

    [Fact]
    public async Task Many_at_once_come_to_the_right_answers_and_within_the_bound()
    {
        FinalAnswers kept = new(16 * 1024, TimeSpan.FromHours(1), TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            using FinalAnswersScope scope = FinalAnswersScope.Begin();
            RpcBench bench = new() { BeforeAnswer = static async _ => await Task.Yield() };
            JsonRpcClient rpc = new(bench.Client, EvmErrors.Classify) { FinalAnswers = kept };
            for (int round = 0; round < 200; round++)
            {
                string[] methods = [$"m{((round * 7) + worker) % 60}", $"m{((round * 5) + worker) % 60}", $"m{round % 60}"];
                using JsonRpcReplies replies = await rpc.CallAsync([.. methods.Select(static method => new JsonRpcCall(method, "[]") { IsFinal = true })], CancellationToken.None);
                for (int index = 0; index < methods.Length; index++)
                {
                    Encoding.UTF8.GetString(replies[index].Result.Span).ShouldBe($"\"result of {methods[index]}\"");
                }

                if (round % 50 == 49)
                {
                    kept.Forget();
                }

                kept.Bytes.ShouldBeInRange(0, 16 * 1024);
            }
        })));
    }

    private static string[] Ask(RpcBench bench, params string[] methods) => Scoped(bench, () => AskAsync(bench, CancellationToken.None, methods));

    private static T Scoped<T>(RpcBench bench, Func<Task<T>> work) => bench.Scheduler.Run(async () =>
    {
        using FinalAnswersScope scope = FinalAnswersScope.Begin();
        return await work();
    });

    private static void Scoped(RpcBench bench, Func<Task> work) => Scoped(bench, async () =>
    {
        await work();
        return true;
    });

    private static async Task<string[]> AskAsync(RpcBench bench, CancellationToken cancellationToken, params string[] methods)
    {
        using FinalAnswersScope scope = FinalAnswersScope.Begin();
        using JsonRpcReplies replies = await bench.Rpc.CallAsync([.. methods.Select(static method => new JsonRpcCall(method, "[]") { IsFinal = true })], cancellationToken);
        return [.. Enumerable.Range(0, methods.Length).Select(index => replies[index].Error?.Kind.ToString() ?? Encoding.UTF8.GetString(replies[index].Result.Span))];
    }

    private static string[] Done(Task<string[]>? task)
    {
        task.ShouldNotBeNull().IsCompletedSuccessfully.ShouldBeTrue();
        return task.Result;
    }

    private static HttpResponseMessage Answer(JsonNode call, string result) => FakeNode.Json($$"""{"jsonrpc":"2.0","id":{{(long)call["id"]!}},"result":{{result}}}""");

    private static string[][] Methods(RpcBench bench) =>
        [.. bench.Sent.Select(static sent => sent.Body is JsonArray batch ? batch.Select(static call => (string)call!["method"]!).ToArray() : [(string)sent.Body["method"]!])];
}
