using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>The HTTP of one endpoint, in memory: late, silent or refusing as the scenario says, else answered by the family's node for the head that the endpoint sees.</summary>
internal sealed class ScenarioDoor(ScenarioNode node, HttpMessageHandler inner, Action<MinedBlock> show) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _inner = new(inner);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        (MinedBlock head, bool refused, bool isNull) = await node.ArriveAsync(cancellationToken);
        if (refused)
        {
            return new HttpResponseMessage(HttpStatusCode.TooManyRequests) { Content = new StringContent("") };
        }

        if (isNull && request.Content is not null)
        {
            return NullFor(JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken))!);
        }

        // Nothing is awaited between what is shown and what is answered of it.
        show(head);
        return await _inner.SendAsync(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        _inner.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The answer of a JSON-RPC node that does not know.</summary>
    private static HttpResponseMessage NullFor(JsonNode request)
    {
        static JsonObject One(JsonNode call) => new() { ["jsonrpc"] = "2.0", ["id"] = call["id"]?.DeepClone(), ["result"] = null };
        JsonNode answer = request is JsonArray batch ? new JsonArray([.. batch.Select(static call => One(call!))]) : One(request);
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(answer.ToJsonString(), Encoding.UTF8, "application/json") };
    }
}
