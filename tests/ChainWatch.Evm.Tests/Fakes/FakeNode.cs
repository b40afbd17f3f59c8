using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>A node that shows a made-up chain by JSON-RPC, with the ways and faults that a test gives it.</summary>
public sealed class FakeNode(FakeChain chain) : HttpMessageHandler
{
    /// <summary>Answers instead of the node where it returns something.</summary>
    public Func<string, JsonArray, JsonNode?>? Intercept { get; set; }

    /// <summary>Answers a whole request instead of the node where it returns something.</summary>
    public Func<HttpRequestMessage, string, HttpResponseMessage?>? Raw { get; set; }

    /// <summary>Changes a whole answer before it is sent.</summary>
    public Func<JsonNode, JsonNode>? Rewrite { get; set; }

    /// <summary>How many blocks this node is behind.</summary>
    public int Lag { get; set; }

    /// <summary>What an answer waits for.</summary>
    public Func<Task>? Waits { get; set; }

    /// <summary>Methods that this node does not have.</summary>
    public ISet<string> Missing { get; } = new HashSet<string>(StringComparer.Ordinal);

    public bool HasTags { get; set; } = true;

    public IList<string> Calls { get; } = [];

    public int Requests { get; private set; }

    public IList<HttpRequestMessage> Messages { get; } = [];

    public long HeadNumber => Math.Max(0, chain.Head.Number - Lag);

    public int Count(string method) => Calls.Count(call => call.StartsWith(method + "[", StringComparison.Ordinal));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests++;
        Messages.Add(request);
        string body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        if (Waits is not null)
        {
            await Waits();
        }

        if (Raw?.Invoke(request, body) is { } raw)
        {
            return raw;
        }

        JsonNode json = JsonNode.Parse(body)!;
        JsonNode answer = json is JsonArray batch ? new JsonArray([.. batch.Select(call => Answer(call!))]) : Answer(json);
        return Json((Rewrite?.Invoke(answer) ?? answer).ToJsonString());
    }

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private JsonObject Answer(JsonNode call)
    {
        string method = (string)call["method"]!;
        JsonArray parameters = call["params"]!.AsArray();
        Calls.Add($"{method}{parameters.ToJsonString()}");
        JsonObject answer = new() { ["jsonrpc"] = "2.0", ["id"] = (long)call["id"]! };
        try
        {
            answer["result"] = Intercept?.Invoke(method, parameters) ?? Result(method, parameters);
        }
        catch (FakeRpcException error)
        {
            answer["error"] = new JsonObject { ["code"] = error.Code, ["message"] = error.Message };
        }

        return answer;
    }

    private JsonNode? Result(string method, JsonArray parameters)
    {
        if (Missing.Contains(method))
        {
            throw new FakeRpcException(-32601, $"the method {method} does not exist/is not available");
        }

        switch (method)
        {
            case "eth_chainId":
                return FakeBlock.Hex(chain.ChainId);
            case "eth_getBlockByNumber":
                return ByNumber((string)parameters[0]!)?.ToJson((bool)parameters[1]!);
            case "eth_getBlockByHash":
                return ByHash((string)parameters[0]!)?.ToJson((bool)parameters[1]!);
            case "eth_getBlockReceipts":
                return ByHash(parameters[0] is JsonObject named ? (string)named["blockHash"]! : (string)parameters[0]!)?.ReceiptsJson();
            case "debug_traceBlockByHash":
                return ByHash((string)parameters[0]!)?.TracesJson();
            case "eth_getTransactionReceipt":
                return Receipt((string)parameters[0]!);
            case "eth_getLogs":
                return Logs(parameters[0]!.AsObject());
            default:
                throw new FakeRpcException(-32601, $"the method {method} does not exist/is not available");
        }
    }

    private FakeBlock? ByNumber(string tag)
    {
        long? number = tag switch
        {
            "latest" => HeadNumber,
            "finalized" or "safe" when !HasTags => throw new FakeRpcException(-39001, $"{tag} block not found"),
            "finalized" => chain.Finalized,
            "safe" => chain.Safe,
            _ => Number(tag),
        };
        return number is { } n && n <= HeadNumber ? chain[n] : null;
    }

    private FakeBlock? ByHash(string hash) => chain.Find(hash) is { } block && block.Number <= HeadNumber ? block : null;

    private JsonObject? Receipt(string hash)
    {
        foreach (FakeBlock block in chain.Canonical.Where(block => block.Number <= HeadNumber))
        {
            for (int i = 0; i < block.Transactions.Count; i++)
            {
                if (string.Equals(block.Transactions[i].Hash, hash, StringComparison.Ordinal))
                {
                    return block.ReceiptJson(i);
                }
            }
        }

        return null;
    }

    private JsonArray Logs(JsonObject filter)
    {
        IEnumerable<FakeBlock> blocks;
        if (filter["blockHash"] is { } hash)
        {
            blocks = [ByHash((string)hash!) ?? throw new FakeRpcException(-32000, "unknown block")];
        }
        else
        {
            long from = Number((string)filter["fromBlock"]!);
            // A real node cuts the range off at its head without a word.
            long to = Math.Min(Number((string)filter["toBlock"]!), HeadNumber);
            blocks = chain.Canonical.Where(block => block.Number >= from && block.Number <= to);
        }

        string[] contracts = [.. filter["address"]!.AsArray().Select(static a => (string)a!)];
        JsonArray topics = filter["topics"]!.AsArray();
        return new JsonArray([.. blocks.SelectMany(static block => block.LogsJson()).Where(log => Matches(log, contracts, topics))]);
    }

    private static bool Matches(JsonObject log, string[] contracts, JsonArray wanted)
    {
        if (!contracts.Contains((string)log["address"]!, StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }

        JsonArray topics = log["topics"]!.AsArray();
        for (int i = 0; i < wanted.Count; i++)
        {
            string[]? any = wanted[i] switch
            {
                null => null,
                JsonArray list => [.. list.Select(static t => (string)t!)],
                { } one => [(string)one!],
            };
            if (any is not null && (i >= topics.Count || !any.Contains((string)topics[i]!, StringComparer.OrdinalIgnoreCase)))
            {
                return false;
            }
        }

        return true;
    }

    private static long Number(string hex) => long.Parse(hex.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
