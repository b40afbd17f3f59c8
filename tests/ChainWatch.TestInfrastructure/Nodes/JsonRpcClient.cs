using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChainWatch.TestInfrastructure;

/// <summary>The plainest JSON-RPC client there is, for tests to speak to nodes by. It shares no code with the packages under test.</summary>
public sealed class JsonRpcClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly NodeGate? _gate;
    private long _id;

    /// <summary>Creates a client of the node at a URL.</summary>
    public JsonRpcClient(string url)
        : this(url, null)
    {
    }

    internal JsonRpcClient(string url, NodeGate? gate)
    {
        _gate = gate;
        var address = new Uri(url);
        // A node that takes thirty blocks back puts all their transactions into its pool again, which on a busy machine took it longer than a minute.
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(3) };
        if (address.UserInfo.Length > 0)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(address.UserInfo)));
        }
    }

    /// <summary>Calls a method.</summary>
    /// <returns>The result; <see langword="null"/> where the node answers null.</returns>
    /// <exception cref="JsonRpcErrorException">The node answers with an error.</exception>
    public Task<JsonNode?> CallAsync(string method, params IReadOnlyList<object?> parameters) =>
        _gate is null ? SendAsync(method, parameters) : _gate.AloneAsync(() => SendAsync(method, parameters));

    /// <summary>Calls a method that answers with a text.</summary>
    public async Task<string> CallTextAsync(string method, params IReadOnlyList<object?> parameters) =>
        (await CallAsync(method, parameters))?.GetValue<string>() ?? throw new JsonRpcErrorException(method, 0, "the answer is null");

    /// <summary>Makes many calls with one request.</summary>
    /// <returns>The results, in the order of the calls; <see langword="null"/> where a call is answered with an error.</returns>
    public async Task<IReadOnlyList<JsonNode?>> CallManyAsync(IReadOnlyList<(string Method, IReadOnlyList<object?> Parameters)> calls)
    {
        var bodies = calls.Select((call, id) => new { jsonrpc = "2.0", id, method = call.Method, @params = call.Parameters });
        using var answer = await _http.PostAsJsonAsync("", bodies);
        var answers = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray().ToDictionary(one => one!["id"]!.GetValue<int>());
        return [.. calls.Select((_, id) => answers[id]!["result"])];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<JsonNode?> SendAsync(string method, IReadOnlyList<object?> parameters)
    {
        var body = new { jsonrpc = "2.0", id = Interlocked.Increment(ref _id), method, @params = parameters };
        using var answer = await _http.PostAsJsonAsync("", body);
        var text = await answer.Content.ReadAsStringAsync();
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new JsonRpcErrorException(method, 0, text, exception);
        }

        if (json?["error"] is { } error)
        {
            throw new JsonRpcErrorException(method, error["code"]?.GetValue<int>() ?? 0, error["message"]?.GetValue<string>() ?? error.ToJsonString());
        }

        return json?["result"];
    }
}
