using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Evm.Tests;

/// <summary>One endpoint that answers as a test says, on one thread and at virtual time.</summary>
internal sealed class RpcBench : HttpMessageHandler
{
    public const string Secret = "0123456789abcdef0123456789abcdef";

    public RpcBench(Action<EndpointOptions>? configure = null, int keepsBytes = 64 * 1024)
    {
        EndpointOptions options = new() { Url = $"https://rpc.example.org/v1/{Secret}" };
        configure?.Invoke(options);
        Scheduler = new DeterministicScheduler(Time);
        Client = new EndpointClient("ethereum", "alpha", options, Time, Logs.CreateLogger("test"), Observed, new EndpointTransport { Handler = this }, seed: 3);
        Kept = new FinalAnswers(keepsBytes, TimeSpan.FromHours(1), Time);
        Rpc = new JsonRpcClient(Client, EvmErrors.Classify) { FinalAnswers = Kept };
    }

    public ManualTimeProvider Time { get; } = new();

    public DeterministicScheduler Scheduler { get; }

    public LogRecorder Logs { get; } = new();

    public ObservedEndpoints Observed { get; } = new();

    public EndpointClient Client { get; }

    public JsonRpcClient Rpc { get; }

    public FinalAnswers Kept { get; }

    /// <summary>Answers the requests, in their order; the last one answers all that follow.</summary>
    public List<Func<JsonNode, HttpResponseMessage>> Script { get; } = [];

    public List<(DateTimeOffset At, Uri Url, AuthenticationHeaderValue? Authorization, JsonNode Body)> Sent { get; } = [];

    public Func<CancellationToken, Task>? BeforeAnswer { get; set; }

    public int UnderWay { get; private set; }

    public int MostUnderWay { get; private set; }

    public EndpointException Fails(Func<Task> work) => Should.Throw<EndpointException>(() => Scheduler.Run(work));

    /// <summary>Makes calls named a, b, c… and gives back what each came to.</summary>
    public string[] Call(int count = 1)
    {
        using JsonRpcReplies replies = Scheduler.Run(async () => await Rpc.CallAsync(
            [.. Enumerable.Range(0, count).Select(static i => new JsonRpcCall($"{(char)('a' + i)}", "[]"))],
            CancellationToken.None));
        return [.. Enumerable.Range(0, count).Select(i => replies[i].Error?.Kind.ToString() ?? System.Text.Encoding.UTF8.GetString(replies[i].Result.Span))];
    }

    public static JsonObject Result(JsonNode call, string? value = null) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = (long)call["id"]!, ["result"] = value ?? $"result of {(string)call["method"]!}" };

    public static JsonObject Error(JsonNode call, long code, string message) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = (long)call["id"]!, ["error"] = new JsonObject { ["code"] = code, ["message"] = message } };

    public static HttpResponseMessage Good(JsonNode body) =>
        FakeNode.Json(body is JsonArray batch ? new JsonArray([.. batch.Select(static call => Result(call!))]).ToJsonString() : Result(body).ToJsonString());

    public static Func<JsonNode, HttpResponseMessage> Status(HttpStatusCode status, string body = "", string? retryAfter = null) => _ =>
    {
        HttpResponseMessage response = FakeNode.Json(body, status);
        if (retryAfter is not null)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return response;
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        JsonNode body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        Sent.Add((Time.GetUtcNow(), request.RequestUri!, request.Headers.Authorization, body));
        MostUnderWay = Math.Max(MostUnderWay, ++UnderWay);
        try
        {
            if (BeforeAnswer is not null)
            {
                await BeforeAnswer(cancellationToken);
            }

            return Script.Count == 0 ? Good(body) : Script[Math.Min(Sent.Count, Script.Count) - 1](body);
        }
        finally
        {
            UnderWay--;
        }
    }
}
