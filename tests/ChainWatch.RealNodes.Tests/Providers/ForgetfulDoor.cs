using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A provider in front of a node: it may be shut, and may know nothing of one transaction, in blocks, receipts and logs alike.</summary>
internal sealed class ForgetfulDoor : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new();
    private readonly string _node;
    private readonly Task _serving;

    public ForgetfulDoor(string node)
    {
        _node = node;
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; } = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");

    /// <summary>The transaction that it leaves out.</summary>
    public string? Forgets { get; init; }

    /// <summary>Whether it answers nothing but 503.</summary>
    public bool IsShut { get; set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        _http.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> answers = [];
        try
        {
            while (true)
            {
                answers.Add(AnswerAsync(await _listener.GetContextAsync()));
                answers.RemoveAll(answer => answer.IsCompleted);
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }

        await Task.WhenAll(answers);
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using var response = context.Response;
            if (IsShut)
            {
                response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
                return;
            }

            using var request = new StreamContent(context.Request.InputStream);
            request.Headers.ContentType = new("application/json");
            using var answer = await _http.PostAsync(new Uri(_node), request);
            var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            Forget(json);
            response.ContentType = "application/json";
            await using var writer = new StreamWriter(response.OutputStream);
            await writer.WriteAsync(json.ToJsonString());
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
        {
            // Whoever asked has gone.
        }
    }

    private void Forget(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array.Where(IsForgotten).ToList())
            {
                array.Remove(item);
            }
        }

        foreach (var part in node switch { JsonArray items => items.ToList(), JsonObject one => one.Select(property => property.Value).ToList(), _ => [] })
        {
            Forget(part);
        }
    }

    private bool IsForgotten(JsonNode? item) => Forgets is { } hash && (item is JsonValue value ? value.TryGetValue(out string? text) && text == hash : item is JsonObject one && (Is(one["hash"]) || Is(one["transactionHash"])));

    private bool Is(JsonNode? name) => name is JsonValue value && value.TryGetValue(out string? text) && text == Forgets;
}
