using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Evm.Tests;

/// <summary>A node behind a provider that does something wrong with a share of the requests, as a seed decides.</summary>
internal sealed class FaultyProvider(FakeChain chain, FakeNode node, SeededRandom random, double rate, TimeProvider time, long[] injected) : HttpMessageHandler
{
    /// <summary>These keep an endpoint out for minutes: as often as the others they would leave none to inject anything.</summary>
    private static readonly ProviderFault[] Rare = [ProviderFault.QuotaUsedUp, ProviderFault.Unauthorized, ProviderFault.Forbidden, ProviderFault.OtherChain, ProviderFault.Hangs];

    /// <summary>These concern few requests, and matter most.</summary>
    private static readonly ProviderFault[] OfData =
    [
        ProviderFault.MethodMissing, ProviderFault.RangeTooLarge, ProviderFault.BeyondHead, ProviderFault.EmptyLogs, ProviderFault.LogsOfAnotherBlock, ProviderFault.EmptyReceipts,
        ProviderFault.MissingReceipt, ProviderFault.ReceiptsOfAnotherBlock, ProviderFault.AnotherBlock, ProviderFault.OtherChain,
    ];

    private static readonly ProviderFault[] All = Enum.GetValues<ProviderFault>();

    private readonly HttpMessageInvoker _inner = new(node, disposeHandler: false);

    /// <summary>Whether it does anything wrong.</summary>
    public bool Honest { get; init; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string body = await request.Content!.ReadAsStringAsync(cancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Between(5, 80)), time, cancellationToken);
        if (Honest || !random.Chance(rate))
        {
            return await AskAsync(body, cancellationToken);
        }

        JsonNode json = JsonNode.Parse(body)!;
        JsonNode[] calls = json is JsonArray batch ? [.. batch.Select(static call => call!)] : [json];
        for (int attempt = 0; attempt < 12; attempt++)
        {
            ProviderFault fault = attempt < 3 ? random.Pick(OfData) : random.Pick(All);
            if (Rare.Contains(fault) && !random.Chance(0.03))
            {
                continue;
            }

            HttpResponseMessage? response = await InjectAsync(fault, body, calls, json is JsonArray, cancellationToken);
            if (response is not null)
            {
                injected[(int)fault]++;
                return response;
            }
        }

        return await AskAsync(body, cancellationToken);
    }

    private Task<HttpResponseMessage> AskAsync(string body, CancellationToken cancellationToken) =>
        _inner.SendAsync(new HttpRequestMessage(HttpMethod.Post, "https://node.example.org/") { Content = new StringContent(body) }, cancellationToken);

    /// <summary>The faulty answer; nothing where the fault does not apply to this request.</summary>
    private async Task<HttpResponseMessage?> InjectAsync(ProviderFault fault, string body, JsonNode[] calls, bool isBatch, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case ProviderFault.TooManyRequests:
                return Status(HttpStatusCode.TooManyRequests);
            case ProviderFault.TooManyRequestsWithSeconds:
                return Status(HttpStatusCode.TooManyRequests, retryAfter: random.Between(0, 20).ToString(CultureInfo.InvariantCulture));
            case ProviderFault.TooManyRequestsWithDate:
                return Status(HttpStatusCode.TooManyRequests, retryAfter: (time.GetUtcNow() + TimeSpan.FromSeconds(random.Between(0, 20))).ToString("R", CultureInfo.InvariantCulture));
            case ProviderFault.RateLimitInBody:
                return Errors(calls, isBatch, -32005, "rate limit exceeded");
            case ProviderFault.RateLimitAsCode:
                return Errors(calls, isBatch, 429, "Your app has exceeded its compute units per second capacity");
            case ProviderFault.QuotaUsedUp:
                return Status(HttpStatusCode.PaymentRequired, "daily request count exceeded", retryAfter: "120");
            case ProviderFault.Unauthorized:
                return Status(HttpStatusCode.Unauthorized);
            case ProviderFault.Forbidden:
                return Errors(calls, isBatch, -32600, "Must be authenticated!");
            case ProviderFault.BadGateway:
                return Status(HttpStatusCode.BadGateway, "<html><body>502 Bad Gateway</body></html>");
            case ProviderFault.Unavailable:
                return Status(HttpStatusCode.ServiceUnavailable, retryAfter: random.Chance(0.5) ? "3" : null);
            case ProviderFault.Html:
                return Status(HttpStatusCode.OK, "<!DOCTYPE html><html><title>Just a moment...</title></html>");
            case ProviderFault.EmptyBody:
                return Status(HttpStatusCode.OK);
            case ProviderFault.Garbage:
                return Status(HttpStatusCode.OK, "\u0000\u0001{\"jsonrpc\":]");
            case ProviderFault.ConnectionLost:
                injected[(int)fault]++;
                throw new HttpRequestException(HttpRequestError.ConnectionError, "connection reset");
            case ProviderFault.BodyBreaksOff:
                injected[(int)fault]++;
                throw new IOException("the response ended prematurely");
            case ProviderFault.Hangs:
                injected[(int)fault]++;
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
                return null;
            case ProviderFault.Slow:
                await Task.Delay(TimeSpan.FromSeconds(random.Between(1, 4)), time, cancellationToken);
                return await AskAsync(body, cancellationToken);
            case ProviderFault.InternalError:
                return Errors(calls, isBatch, -32603, "Internal error");
            case ProviderFault.NodeTimeout:
                return Errors(calls, isBatch, -32002, "request timed out");
            case ProviderFault.NoBackend:
                return Errors(calls, isBatch, -32011, "no backend is currently healthy to serve traffic");
            case ProviderFault.MethodMissing:
                return Has(calls, "eth_getBlockReceipts") ? Errors(calls, isBatch, -32601, "the method does not exist/is not available") : null;
            case ProviderFault.BatchRefused:
                return isBatch ? Json(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = null, ["error"] = new JsonObject { ["code"] = -32600, ["message"] = "batch requests are not allowed" } }) : null;
            case ProviderFault.NotCanonical:
                return Errors(calls, isBatch, -32000, "hash 0x12 is not currently canonical");
            case ProviderFault.HeaderNotFound:
                return Errors(calls, isBatch, -32000, "header not found");
            case ProviderFault.Pruned:
                return Errors(calls, isBatch, 4444, "pruned history unavailable");
            case ProviderFault.RangeTooLarge:
                return Has(calls, "eth_getLogs") ? Errors(calls, isBatch, -32602, "query exceeds max block range 2") : null;
            case ProviderFault.BeyondHead:
                return Has(calls, "eth_getLogs") ? Errors(calls, isBatch, -32602, "block range extends beyond current head block") : null;
            case ProviderFault.OtherChain:
                return Has(calls, "eth_chainId") ? await ChangeAsync(body, (call, answer) => Replace(call, answer, "eth_chainId", static _ => JsonValue.Create("0x5")), cancellationToken) : null;
            default:
                return await SpoilAsync(fault, body, calls, isBatch, cancellationToken);
        }
    }

    /// <summary>Faults that spoil an answer which the node gave.</summary>
    private async Task<HttpResponseMessage?> SpoilAsync(ProviderFault fault, string body, JsonNode[] calls, bool isBatch, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case ProviderFault.TruncatedBody:
                string whole = await (await AskAsync(body, cancellationToken)).Content.ReadAsStringAsync(cancellationToken);
                return Status(HttpStatusCode.OK, whole[..random.Next(whole.Length)]);
            case ProviderFault.NullResult:
                return await ChangeAsync(body, (call, answer) => Replace(call, answer, method: null, static _ => null), cancellationToken);
            case ProviderFault.WrongId:
                return await ChangeAsync(body, static (_, answer) => answer["id"] = 987654321, cancellationToken);
            case ProviderFault.ObjectForBatch or ProviderFault.PartialBatch or ProviderFault.ReorderedBatch or ProviderFault.RepeatedReply when isBatch && calls.Length > 1:
                JsonArray all = (await AnswerAsync(body, cancellationToken)).AsArray();
                JsonNode?[] replies = [.. all];
                all.Clear();
                return fault switch
                {
                    ProviderFault.ObjectForBatch => Json(replies[0]!),
                    ProviderFault.PartialBatch => Json(new JsonArray([.. replies.Skip(1)])),
                    ProviderFault.ReorderedBatch => Json(new JsonArray([.. replies.Reverse()])),
                    _ => Json(new JsonArray([.. replies, replies[0]!.DeepClone()])),
                };
            case ProviderFault.EmptyLogs when Has(calls, "eth_getLogs"):
                return await ChangeAsync(body, static (call, answer) => Replace(call, answer, "eth_getLogs", static _ => new JsonArray()), cancellationToken);
            case ProviderFault.LogsOfAnotherBlock when Has(calls, "eth_getLogs"):
                return await ChangeAsync(body, (call, answer) => Replace(call, answer, "eth_getLogs", logs => Each(logs, log => log["blockHash"] = chain[0].Hash)), cancellationToken);
            case ProviderFault.EmptyReceipts when Has(calls, "eth_getBlockReceipts"):
                return await ChangeAsync(body, static (call, answer) => Replace(call, answer, "eth_getBlockReceipts", static _ => new JsonArray()), cancellationToken);
            case ProviderFault.MissingReceipt when Has(calls, "eth_getBlockReceipts"):
                return await ChangeAsync(
                    body,
                    static (call, answer) => Replace(call, answer, "eth_getBlockReceipts", static receipts =>
                    {
                        if (receipts is JsonArray { Count: > 0 } list)
                        {
                            list.RemoveAt(list.Count - 1);
                        }

                        return receipts;
                    }),
                    cancellationToken);
            case ProviderFault.ReceiptsOfAnotherBlock when Has(calls, "eth_getBlockReceipts"):
                return await ChangeAsync(
                    body, (call, answer) => Replace(call, answer, "eth_getBlockReceipts", receipts => Each(receipts, receipt => receipt["blockHash"] = chain[0].Hash)), cancellationToken);
            case ProviderFault.AnotherBlock when Has(calls, "eth_getBlockByHash"):
                return await ChangeAsync(
                    body, (call, answer) => Replace(call, answer, "eth_getBlockByHash", block => block is null ? null : chain[0].ToJson((bool)call["params"]![1]!)), cancellationToken);
            case ProviderFault.StaleHead when Has(calls, "latest"):
                long lag = random.Between(1, 10);
                return await ChangeAsync(body, (call, answer) => Head(call, answer, Math.Max(0, chain.Head.Number - lag)), cancellationToken);
            case ProviderFault.LyingHead when Has(calls, "latest"):
                FakeBlock lie = new() { Number = chain.Head.Number + random.Pick([1L, 2, 30, 1000, 1_000_000]), Hash = "0x" + random.NextHash(), ParentHash = "0x" + random.NextHash() };
                return await ChangeAsync(body, (call, answer) => Replace(call, answer, "latest", _ => lie.ToJson(full: false)), cancellationToken);
            default:
                return null;
        }
    }

    private void Head(JsonNode call, JsonNode answer, long number) => Replace(call, answer, "latest", _ => chain[number].ToJson(full: false));

    private static bool Has(JsonNode[] calls, string what) => calls.Any(call => Is(call, what));

    private static bool Is(JsonNode call, string? what) =>
        what is null || string.Equals((string)call["method"]!, what, StringComparison.Ordinal) ||
        (call["params"] is JsonArray { Count: > 0 } parameters && parameters[0] is JsonValue first && first.TryGetValue(out string? tag) && string.Equals(tag, what, StringComparison.Ordinal));

    private static void Replace(JsonNode call, JsonNode answer, string? method, Func<JsonNode?, JsonNode?> change)
    {
        if (Is(call, method) && answer["error"] is null)
        {
            JsonNode? result = answer["result"];
            answer.AsObject().Remove("result");
            answer["result"] = change(result);
        }
    }

    private static JsonNode? Each(JsonNode? list, Action<JsonNode> change)
    {
        foreach (JsonNode? item in list as JsonArray ?? [])
        {
            change(item!);
        }

        return list;
    }

    private async Task<JsonNode> AnswerAsync(string body, CancellationToken cancellationToken) =>
        JsonNode.Parse(await (await AskAsync(body, cancellationToken)).Content.ReadAsStringAsync(cancellationToken))!;

    private async Task<HttpResponseMessage> ChangeAsync(string body, Action<JsonNode, JsonNode> change, CancellationToken cancellationToken)
    {
        JsonNode request = JsonNode.Parse(body)!;
        JsonNode answer = await AnswerAsync(body, cancellationToken);
        if (request is JsonArray calls)
        {
            for (int index = 0; index < calls.Count; index++)
            {
                change(calls[index]!, answer[index]!);
            }
        }
        else
        {
            change(request, answer);
        }

        return Json(answer);
    }

    private static HttpResponseMessage Errors(JsonNode[] calls, bool isBatch, long code, string message)
    {
        JsonObject[] errors = [.. calls.Select(call => RpcBench.Error(call, code, message))];
        return Json(isBatch ? new JsonArray([.. errors]) : errors[0]);
    }

    private static HttpResponseMessage Json(JsonNode answer) => FakeNode.Json(answer.ToJsonString());

    private static HttpResponseMessage Status(HttpStatusCode status, string body = "", string? retryAfter = null)
    {
        HttpResponseMessage response = new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (retryAfter is not null)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return response;
    }
}
