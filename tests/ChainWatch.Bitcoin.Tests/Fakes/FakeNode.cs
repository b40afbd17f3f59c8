using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>A node that shows a made-up chain by JSON-RPC, with the ways and faults that a test gives it.</summary>
internal sealed class FakeNode(FakeChain chain, NodeDialect dialect = NodeDialect.Modern) : HttpMessageHandler
{
    /// <summary>Answers instead of the node where it returns something.</summary>
    public Func<string, JsonArray, JsonNode?>? Intercept { get; set; }

    /// <summary>Answers a whole request instead of the node where it returns something.</summary>
    public Func<HttpRequestMessage, string, HttpResponseMessage?>? Raw { get; set; }

    /// <summary>Says which calls are never answered.</summary>
    public Func<string, JsonArray, bool>? Hold { get; set; }

    /// <summary>How many blocks this node is behind.</summary>
    public int Lag { get; set; }

    public bool IsDownloading { get; set; }

    /// <summary>The lowest block that this node still has.</summary>
    public int PrunedBelow { get; set; }

    public string ChainName { get; set; } = "regtest";

    /// <summary>What a request must be authorised with.</summary>
    public string? Password { get; set; }

    public List<string> Calls { get; } = [];

    public int Requests { get; private set; }

    public int Refusals { get; private set; }

    public int Count(string method) => Calls.Count(call => call.StartsWith(method + "[", StringComparison.Ordinal));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests++;
        string body = await request.Content!.ReadAsStringAsync(cancellationToken);
        if (Password is not null && request.Headers.Authorization?.ToString() != $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(Password))}")
        {
            Refusals++;
            return new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = new StringContent("") };
        }

        if (Raw?.Invoke(request, body) is { } raw)
        {
            return raw;
        }

        JsonNode json = JsonNode.Parse(body)!;
        if (json is JsonObject one && Hold?.Invoke((string)one["method"]!, one["params"]!.AsArray()) is true)
        {
            TaskCompletionSource<HttpResponseMessage> never = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using CancellationTokenRegistration registration = cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
            return await never.Task;
        }

        if (json is JsonArray batch)
        {
            return Json(new JsonArray([.. batch.Select(call => Answer(call!).Answer)]), HttpStatusCode.OK);
        }

        (JsonObject answer, HttpStatusCode status) = Answer(json);
        return Json(answer, status);
    }

    private static HttpResponseMessage Json(JsonNode body, HttpStatusCode status) => new(status) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };

    private (JsonObject Answer, HttpStatusCode Status) Answer(JsonNode call)
    {
        string method = (string)call["method"]!;
        JsonArray parameters = call["params"]!.AsArray();
        Calls.Add($"{method}{parameters.ToJsonString()}");
        JsonNode? result = null;
        FakeRpcException? error = null;
        try
        {
            result = Intercept?.Invoke(method, parameters) ?? Result(method, parameters);
        }
        catch (FakeRpcException exception)
        {
            error = exception;
        }

        JsonObject answer = new() { ["id"] = (long)call["id"]! };
        JsonObject? failure = error is null ? null : new JsonObject { ["code"] = error.Code, ["message"] = error.Message };
        if (dialect == NodeDialect.Modern)
        {
            answer["jsonrpc"] = "2.0";
            answer[error is null ? "result" : "error"] = error is null ? result : failure;
            return (answer, HttpStatusCode.OK);
        }

        answer["result"] = result;
        answer["error"] = failure;
        return (answer, error is null ? HttpStatusCode.OK : error.Code == -32601 ? HttpStatusCode.NotFound : HttpStatusCode.InternalServerError);
    }

    private JsonNode Result(string method, JsonArray parameters)
    {
        int height = Math.Max(0, chain.Count - 1 - Lag);
        switch (method)
        {
            case "getblockchaininfo":
                return new JsonObject
                {
                    ["chain"] = ChainName,
                    ["blocks"] = height,
                    ["headers"] = chain.Count - 1,
                    ["bestblockhash"] = chain[height].Hash,
                    ["difficulty"] = 4.656542373906925e-10,
                    ["initialblockdownload"] = IsDownloading,
                    ["warnings"] = dialect == NodeDialect.Modern ? new JsonArray() : "",
                    ["softforks"] = new JsonObject { ["taproot"] = new JsonObject { ["height"] = 0 } },
                };
            case "getblockhash":
                return (int)parameters[0]! <= height ? chain[(int)parameters[0]!].Hash : throw new FakeRpcException(-8, "Block height out of range");
            case "getblockheader":
                MadeBlock header = Find((string)parameters[0]!);
                return (bool)parameters[1]!
                    ? new JsonObject { ["hash"] = header.Hash, ["confirmations"] = chain.IsCanonical(header) ? 1 : -1, ["height"] = header.Height, ["previousblockhash"] = header.ParentHash }
                    : Convert.ToHexStringLower(header.Header);
            case "getblock":
                if (dialect == NodeDialect.Bcoin && parameters[1]!.GetValueKind() is not (System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False))
                {
                    throw new FakeRpcException(-3, "Param #1 must be a boolean.");
                }

                MadeBlock block = Find((string)parameters[0]!);
                if (block.Height < PrunedBelow)
                {
                    throw new FakeRpcException(-1, "Block not available (pruned data)");
                }

                return dialect == NodeDialect.Objects ? new JsonObject { ["hash"] = block.Hash, ["tx"] = new JsonArray() } : block.Hex;
            default:
                throw new FakeRpcException(-32601, "Method not found");
        }
    }

    private MadeBlock Find(string hash) => chain.Find(hash) ?? throw (dialect == NodeDialect.Bcoin ? new FakeRpcException(-1, "Block not found.") : new FakeRpcException(-5, "Block not found"));
}
