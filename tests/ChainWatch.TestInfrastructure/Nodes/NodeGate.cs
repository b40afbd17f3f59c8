using System.Net;

namespace ChainWatch.TestInfrastructure;

/// <summary>
/// Stands before a node and lets readers in side by side, but none while the test changes the chain: anvil 1.7.1 stands still for ever when it mines a block while it traces another.
/// </summary>
internal sealed class NodeGate : IAsyncDisposable
{
    private const int MostReaders = 64;

    private readonly HttpListener _listener = new();
    private readonly HttpClient _node;
    private readonly SemaphoreSlim _readers = new(MostReaders);
    private readonly SemaphoreSlim _writer = new(1);
    private readonly Task _serving;

    public NodeGate(string nodeUrl, string url)
    {
        _node = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = MostReaders }) { BaseAddress = new Uri(nodeUrl), Timeout = TimeSpan.FromMinutes(2) };
        _listener.Prefixes.Add(url + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Does something while nobody reads.</summary>
    public async Task<T> AloneAsync<T>(Func<Task<T>> action)
    {
        await _writer.WaitAsync();
        var taken = 0;
        try
        {
            for (; taken < MostReaders; taken++)
            {
                await _readers.WaitAsync();
            }

            return await action();
        }
        finally
        {
            _readers.Release(taken);
            _writer.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        _node.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext request;
            try
            {
                request = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = PassOnAsync(request);
        }
    }

    private async Task PassOnAsync(HttpListenerContext request)
    {
        // A writer that waits comes before readers that come after it.
        await _writer.WaitAsync();
        _writer.Release();
        await _readers.WaitAsync();
        try
        {
            using var body = new MemoryStream();
            await request.Request.InputStream.CopyToAsync(body);
            using var content = new ByteArrayContent(body.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", request.Request.ContentType);
            using var answer = await _node.PostAsync("", content);
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            request.Response.StatusCode = (int)answer.StatusCode;
            request.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            request.Response.ContentLength64 = bytes.Length;
            await request.Response.OutputStream.WriteAsync(bytes);
            request.Response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Who asked is gone, or the node is: both are what a test may want.
            request.Response.Abort();
        }
        finally
        {
            _readers.Release();
        }
    }
}
