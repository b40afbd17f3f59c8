using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace ChainWatch;

/// <summary>The network side of one endpoint: its URLs with the key in them, its credentials, its connections. It knows no limits and no retries.</summary>
internal sealed class EndpointLine : IDisposable
{
    private readonly string _name;
    private readonly EndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly Func<Uri, AuthenticationHeaderValue?, CancellationToken, Task<WebSocket>> _connect;
    private readonly EndpointCredentials? _credentials;

    public EndpointLine(string name, EndpointOptions options, EndpointTransport? transport, TimeProvider time)
    {
        _name = name;
        _options = options;
        _time = time;
        _credentials = options.CredentialsFile is { } file ? new EndpointCredentials(file) : null;
        _http = new HttpMessageInvoker(transport?.Handler ?? CreateHandler(options), disposeHandler: true);
        _connect = transport?.ConnectWebSocket ?? ConnectClientAsync;
    }

    /// <summary>True where the endpoint has a URL for pushes, or a <c>ws</c> or <c>wss</c> URL for everything.</summary>
    public bool HasWebSocket => WebSocketUrl is not null;

    private string? WebSocketUrl =>
        !string.IsNullOrEmpty(_options.WebSocketUrl) ? _options.WebSocketUrl
        : _options.Url?.StartsWith("ws", StringComparison.OrdinalIgnoreCase) == true ? _options.Url
        : null;

    /// <summary>User and password to send; <see langword="null"/> where there are none in a file.</summary>
    /// <exception cref="EndpointException">The file cannot be used.</exception>
    public AuthenticationHeaderValue? ReadCredentials()
    {
        try
        {
            return _credentials?.Get();
        }
        catch (IOException exception)
        {
            throw new EndpointException(Transient($"its CredentialsFile cannot be used: {exception.Message}"), exception);
        }
    }

    /// <summary>Reads user and password again; false where they are what was refused, or there are none.</summary>
    public bool TryRenewCredentials(AuthenticationHeaderValue? refused) => _credentials is not null && _credentials.TryRenew(refused);

    /// <summary>Makes one exchange.</summary>
    /// <returns>Why it brought no answer, or <see langword="null"/>.</returns>
    public async ValueTask<EndpointError?> ExchangeAsync(EndpointRequest request, string? key, CancellationToken cancellationToken)
    {
        if (request.Exchange is { } exchange)
        {
            try
            {
                return await exchange(cancellationToken);
            }
            catch (EndpointException exception)
            {
                return exception.Error;
            }
        }

        (Uri url, AuthenticationHeaderValue? authorization) = GetTarget(_options.Url!, key);
        if (request.Path.Length > 0)
        {
            string baseUrl = url.GetLeftPart(UriPartial.Path);
            // What is appended may bring a query of its own: the URL's, which may hold the key, goes on it.
            string query = request.Path.Contains('?', StringComparison.Ordinal) && url.Query.Length > 0 ? $"&{url.Query[1..]}" : url.Query;
            url = new Uri($"{baseUrl}{(baseUrl.EndsWith('/') ? "" : "/")}{request.Path}{query}");
        }

        using HttpRequestMessage message = new(request.Body.IsEmpty ? HttpMethod.Get : HttpMethod.Post, url);
        message.Headers.Authorization = _credentials is null ? authorization : ReadCredentials();
        if (!request.Body.IsEmpty)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using HttpResponseMessage response = await _http.SendAsync(message, cancellationToken);
        using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        PooledBytes? body = await PooledBytes.ReadAsync(stream, response.Content.Headers.ContentLength, _options.MaxResponseBytes, cancellationToken);
        if (body is null)
        {
            return new EndpointError
            {
                Kind = EndpointErrorKind.RangeTooLarge,
                Message = $"endpoint '{_name}': the answer to {request.Method} is larger than {_options.MaxResponseBytes} bytes (MaxResponseBytes)",
            };
        }

        EndpointResponse answer = new(response.StatusCode, body, GetRetryAfter(response.Headers.RetryAfter));
        try
        {
            return request.Read(answer);
        }
        finally
        {
            answer.Release();
        }
    }

    /// <summary>Opens a connection to the URL for pushes, else to the <c>ws</c> or <c>wss</c> URL for everything.</summary>
    /// <exception cref="EndpointException">It could not be opened.</exception>
    public async ValueTask<WebSocket> ConnectAsync(string? key, CancellationToken cancellationToken)
    {
        if (!HasWebSocket)
        {
            throw new InvalidOperationException($"Endpoint '{_name}' has no URL of a WebSocket.");
        }

        (Uri url, AuthenticationHeaderValue? authorization) = GetTarget(WebSocketUrl!, key);
        using CancellationTokenSource timeout = new(_options.Timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await _connect(url, authorization, either.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The message may name the URL.
            string cause = exception switch
            {
                OperationCanceledException => string.Create(CultureInfo.InvariantCulture, $"no answer within {_options.Timeout.TotalSeconds:0.###} s"),
                { InnerException: HttpRequestException { InnerException: SocketException socket } } => socket.SocketErrorCode.ToString(),
                { InnerException: HttpRequestException request } => request.HttpRequestError.ToString(),
                WebSocketException failed => failed.WebSocketErrorCode.ToString(),
                _ => exception.GetType().Name,
            };
            throw new EndpointException(Transient($"its WebSocket could not be opened ({cause})", timedOut: exception is OperationCanceledException), exception);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<WebSocket> ConnectClientAsync(Uri url, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        ClientWebSocket socket = new();
        try
        {
            // Load balancers drop silent connections without closing them; an own ping notices.
            socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
            socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(20);
            if (authorization is not null)
            {
                socket.Options.SetRequestHeader("Authorization", authorization.ToString());
            }

            // Else all that is said of a refusal is that it was one.
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(url, cancellationToken);
            socket.HttpResponseHeaders = null;
            return socket;
        }
        catch (WebSocketException exception) when (socket.HttpStatusCode is not default(HttpStatusCode) and not HttpStatusCode.SwitchingProtocols)
        {
            EndpointError refused = RefusedUpgrade.ToError(_name, socket.HttpStatusCode, GetRetryAfter(RefusedUpgrade.RetryAfterOf(socket.HttpResponseHeaders)));
            socket.Dispose();
            throw new EndpointException(refused, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SocketsHttpHandler CreateHandler(EndpointOptions options) => new()
    {
        // Below the 30 s after which common nodes close idle connections, so that a request never meets a connection that is just being closed.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        // Providers move by DNS.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // Where each key has limits of its own, the limits alone hold.
        MaxConnectionsPerServer = options.LimitsPerKey ? int.MaxValue : options.MaxConcurrency,
        AutomaticDecompression = DecompressionMethods.All,
        // A redirect would carry the key to another host.
        AllowAutoRedirect = false,
        UseCookies = false,
        // Activities of the HTTP stack would hold the URL, and with it the key.
        ActivityHeadersPropagator = null,
    };

    private static (Uri Url, AuthenticationHeaderValue? Authorization) GetTarget(string template, string? key)
    {
        bool inUrl = template.Contains("{key}", StringComparison.Ordinal);
        Uri url = new(key is null ? template : template.Replace("{key}", Uri.EscapeDataString(key), StringComparison.Ordinal));
        if (url.UserInfo.Length > 0)
        {
            string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo)));
            return (new UriBuilder(url) { UserName = "", Password = "" }.Uri, new AuthenticationHeaderValue("Basic", basic));
        }

        return (url, key is not null && !inUrl ? new AuthenticationHeaderValue("Bearer", key) : null);
    }

    private TimeSpan? GetRetryAfter(RetryConditionHeaderValue? header)
    {
        TimeSpan? wait = header?.Delta ?? (header?.Date is { } date ? date - _time.GetUtcNow() : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private EndpointError Transient(string what, bool timedOut = false) => new() { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{_name}': {what}", TimedOut = timedOut };
}
