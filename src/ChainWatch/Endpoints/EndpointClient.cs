using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace ChainWatch;

/// <summary>
/// Sends requests to one endpoint: with its key, within its rate and concurrency, with a time limit for each attempt and a few retries of what may pass by itself.
/// One client is made for each endpoint and shared by all that talk to it; it owns the endpoint's connection pool.
/// </summary>
/// <remarks>
/// What the endpoint refuses for longer (rate, quota, key) is not waited for here: it is thrown, so that the pool can ask another endpoint meanwhile; until the pause is
/// over, requests fail at once without being sent.
/// </remarks>
public sealed partial class EndpointClient : IDisposable
{
    private const int Retries = 2;
    private static readonly TimeSpan RetryBase = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan QuotaPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(1);

    private readonly EndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IEndpointObserver? _observer;
    private readonly HttpMessageInvoker _http;
    private readonly Func<Uri, AuthenticationHeaderValue?, CancellationToken, Task<WebSocket>> _connect;
    private readonly EndpointSecrets _secrets;
    private readonly EndpointKeys _keys;
    private readonly EndpointCredentials? _credentials;
    private readonly TokenBucket? _bucket;
    private readonly SemaphoreSlim _concurrency;
    private readonly ResiliencePipeline _retry;
    private readonly ResiliencePipeline _timeout;
    private readonly Random _jitter;
    private readonly Lock _lock = new();
    private DateTimeOffset _pausedUntil;
    private EndpointErrorKind _pausedBy;
    private int _limited;

    /// <summary>Creates a client.</summary>
    /// <param name="chain">The chain's name, for logs and metrics.</param>
    /// <param name="name">The endpoint's name, for logs and metrics: <see cref="EndpointOptions.Name"/>, else its number in the list, from <c>endpoint-1</c>.</param>
    /// <param name="options">The endpoint's options, validated.</param>
    /// <param name="timeProvider">The clock of limits, retries and time-outs.</param>
    /// <param name="logger">Where refused keys and pauses are told.</param>
    /// <param name="observer">Sees every request, for metrics.</param>
    /// <param name="transport">What requests go through instead of the network, for tests and simulations.</param>
    /// <param name="seed">The seed of the jitter of retries.</param>
    public EndpointClient(
        string chain,
        string name,
        EndpointOptions options,
        TimeProvider timeProvider,
        ILogger logger,
        IEndpointObserver? observer = null,
        EndpointTransport? transport = null,
        int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(options);
        Chain = chain;
        Name = name;
        _options = options;
        _time = timeProvider;
        _logger = logger;
        _observer = observer;
        _secrets = new EndpointSecrets(options);
        _keys = new EndpointKeys(options.ApiKeys, timeProvider);
        _credentials = options.CredentialsFile is { } file ? new EndpointCredentials(file) : null;
        _concurrency = new SemaphoreSlim(options.MaxConcurrency, options.MaxConcurrency);
        _jitter = new Random(seed);
        _http = new HttpMessageInvoker(transport?.Handler ?? CreateHandler(options), disposeHandler: true);
        _connect = transport?.ConnectWebSocket ?? ConnectClientAsync;
        if (options.RequestsPerSecond is { } rate)
        {
            _bucket = new TokenBucket(rate, options.Burst ?? (int)Math.Clamp(Math.Ceiling(rate * 2), 1, int.MaxValue), timeProvider);
        }

        _timeout = new ResiliencePipelineBuilder { TimeProvider = timeProvider }.AddTimeout(new TimeoutStrategyOptions { Timeout = options.Timeout }).Build();
        _retry = new ResiliencePipelineBuilder { TimeProvider = timeProvider }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = Retries,
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is EndpointException { Kind: EndpointErrorKind.Transient, Error.TimedOut: false }),
                DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(RetryDelay(arguments.AttemptNumber, arguments.Outcome.Exception)),
            })
            .Build();
    }

    /// <summary>The chain's name.</summary>
    public string Chain { get; }

    /// <summary>The endpoint's name. Its URL is never shown, since URLs hold keys.</summary>
    public string Name { get; }

    /// <summary>How long requests still fail without being sent, because the endpoint asked for a pause.</summary>
    public TimeSpan Paused
    {
        get
        {
            lock (_lock)
            {
                TimeSpan left = _pausedUntil - _time.GetUtcNow();
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Sends a request, and hands its answer to <see cref="EndpointRequest.Read"/>.</summary>
    /// <exception cref="EndpointException">The endpoint did not answer as asked, also after retries.</exception>
    public async ValueTask SendAsync(EndpointRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        bool renewed = false;
        while (true)
        {
            int key = TakeKey();
            AuthenticationHeaderValue? credentials = ReadCredentials();
            // The continuations stay on the caller's context, on which the simulator runs everything in one thread.
            ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
            try
            {
                await _retry.ExecuteAsync(
                    static async (context, state) => await state.Client.AttemptAsync(state.Request, state.Key, context.CancellationToken),
                    context,
                    (Client: this, Request: request, Key: key));
                return;
            }
            catch (EndpointException exception) when (key >= 0 && exception.Kind is EndpointErrorKind.AuthFailed or EndpointErrorKind.QuotaExhausted)
            {
                if (exception.Kind == EndpointErrorKind.AuthFailed)
                {
                    _keys.Refuse(key);
                    LogKeyRefused(Chain, Name, key + 1, exception.Message);
                }
                else
                {
                    _keys.Rest(key, exception.Error.RetryAfter ?? QuotaPause);
                    LogQuotaExhausted(Chain, Name, key + 1, exception.Message);
                }

                if (_keys.Current() < 0)
                {
                    throw;
                }
            }
            catch (EndpointException exception) when (!renewed && exception.Kind == EndpointErrorKind.AuthFailed && _credentials is not null && _credentials.TryRenew(credentials))
            {
                // A node that started again has another cookie. Only once: what is refused twice in a row is wrong.
                renewed = true;
            }
            finally
            {
                ResilienceContextPool.Shared.Return(context);
            }
        }
    }

    /// <summary>
    /// Runs an exchange over a connection that the chain family keeps itself, like a WebSocket, under the same rate, concurrency, time limit, retries, pauses and metrics as
    /// requests by HTTP.
    /// </summary>
    /// <param name="method">The protocol's method, for metrics: one of a fixed number of names.</param>
    /// <param name="exchange">Asks once, keeps what it needs of the answer, and returns why the answer counts as none, or <see langword="null"/>. It runs once for each attempt.</param>
    /// <param name="cancellationToken">Ends the exchange.</param>
    /// <exception cref="EndpointException">The endpoint did not answer as asked, also after retries.</exception>
    public ValueTask RunAsync(string method, Func<CancellationToken, ValueTask<EndpointError?>> exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return SendAsync(new EndpointRequest { Method = method, Read = static _ => null, Exchange = exchange }, cancellationToken);
    }

    /// <summary>The endpoint warned that it is asked too often, though it still answers: the rate is halved, and comes back within about a minute.</summary>
    public void SlowDown() => _bucket?.SlowDown();

    /// <summary>The largest answer that is read, in bytes.</summary>
    public int MaxResponseBytes => _options.MaxResponseBytes;

    /// <summary>Makes a text that the endpoint sent fit for people: one short line without URL and keys.</summary>
    public string Redact(string text) => _secrets.Hide(text);

    /// <summary>Records that an answer of this endpoint was refused because it failed an integrity check.</summary>
    public void ReportRefused(string check, string message)
    {
        _observer?.AnswerRefused(Chain, Name, check);
        LogAnswerRefused(Chain, Name, check, message);
    }

    /// <summary>Records the head that this endpoint told.</summary>
    public void ReportHead(long height) => HeadTold?.Invoke(height);

    /// <summary>True where the endpoint has a URL for pushes, or a <c>ws</c> or <c>wss</c> URL for everything.</summary>
    public bool HasWebSocket => WebSocketUrl is not null;

    /// <summary>Opens a connection to the endpoint's URL for pushes, else to its <c>ws</c> or <c>wss</c> URL for everything, with its key.</summary>
    /// <exception cref="EndpointException">It could not be opened.</exception>
    public async ValueTask<WebSocket> ConnectWebSocketAsync(CancellationToken cancellationToken)
    {
        if (!HasWebSocket)
        {
            throw new InvalidOperationException($"Endpoint '{Name}' has no URL of a WebSocket.");
        }

        (Uri url, AuthenticationHeaderValue? authorization) = GetTarget(WebSocketUrl!, TakeKey());
        using CancellationTokenSource timeout = new(_options.Timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await _connect(url, authorization, either.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The message may name the URL.
            string cause = exception is WebSocketException socket ? socket.WebSocketErrorCode.ToString() : exception.GetType().Name;
            throw new EndpointException(Transient($"the connection for pushes failed ({cause})"), exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _concurrency.Dispose();
    }

    /// <summary>Takes the heads that the endpoint tells; set by the pool that it belongs to.</summary>
    internal Action<long>? HeadTold { get; set; }

    private string? WebSocketUrl =>
        !string.IsNullOrEmpty(_options.WebSocketUrl) ? _options.WebSocketUrl
        : _options.Url?.StartsWith("ws", StringComparison.OrdinalIgnoreCase) == true ? _options.Url
        : null;

    private static async Task<WebSocket> ConnectClientAsync(Uri url, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
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

            await socket.ConnectAsync(url, cancellationToken);
            return socket;
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
        MaxConnectionsPerServer = options.MaxConcurrency,
        AutomaticDecompression = DecompressionMethods.All,
        // A redirect would carry the key to another host.
        AllowAutoRedirect = false,
        UseCookies = false,
        // Activities of the HTTP stack would hold the URL, and with it the key.
        ActivityHeadersPropagator = null,
    };

    private AuthenticationHeaderValue? ReadCredentials()
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

    private int TakeKey()
    {
        if (!_keys.Any)
        {
            return -1;
        }

        int key = _keys.Current();
        return key >= 0
            ? key
            : throw new EndpointException(EndpointErrorKind.AuthFailed, $"endpoint '{Name}': none of its API keys is accepted any more");
    }

    private async ValueTask AttemptAsync(EndpointRequest request, int key, CancellationToken cancellationToken)
    {
        ThrowIfPaused();
        await _concurrency.WaitAsync(cancellationToken);
        try
        {
            await WaitForTurnAsync(cancellationToken);
            // The endpoint may have asked for a pause while this request waited.
            ThrowIfPaused();
            long started = _time.GetTimestamp();
            EndpointError? error = await SendOnceAsync(request, key, cancellationToken);
            _observer?.RequestCompleted(Chain, Name, request.Method, error?.Kind, _time.GetElapsedTime(started));
            EndpointRequestLog.Completed(_logger, Chain, Name, request.Method, error, _time.GetElapsedTime(started));
            if (error is null)
            {
                _limited = 0;
                return;
            }

            Pause(error, key);
            throw new EndpointException(error);
        }
        finally
        {
            _concurrency.Release();
        }
    }

    private async ValueTask<EndpointError?> SendOnceAsync(EndpointRequest request, int key, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        try
        {
            return await _timeout.ExecuteAsync(
                static async (context, state) => await state.Client.ExchangeAsync(state.Request, state.Key, context.CancellationToken),
                context,
                (Client: this, Request: request, Key: key));
        }
        catch (TimeoutRejectedException)
        {
            return Transient($"no answer to {request.Method} within {_options.Timeout.TotalSeconds:0.###} s", timedOut: true);
        }
        catch (HttpRequestException exception)
        {
            // Its message names host and port, and a provider's host name may be the key.
            string cause = exception.InnerException is SocketException socket ? $"{exception.HttpRequestError}, {socket.SocketErrorCode}" : exception.HttpRequestError.ToString();
            return Transient($"the connection failed ({cause})");
        }
        catch (IOException)
        {
            return Transient($"the connection broke while the answer to {request.Method} was read");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Transient($"the request {request.Method} was cut off");
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async ValueTask<EndpointError?> ExchangeAsync(EndpointRequest request, int key, CancellationToken cancellationToken)
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
            url = new Uri($"{baseUrl}{(baseUrl.EndsWith('/') ? "" : "/")}{request.Path}{url.Query}");
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
                Message = $"endpoint '{Name}': the answer to {request.Method} is larger than {_options.MaxResponseBytes} bytes (MaxResponseBytes)",
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

    private static (Uri Url, AuthenticationHeaderValue? Authorization) GetTarget(string template, int key, EndpointKeys keys)
    {
        bool inUrl = template.Contains("{key}", StringComparison.Ordinal);
        Uri url = new(key < 0 ? template : template.Replace("{key}", Uri.EscapeDataString(keys[key]), StringComparison.Ordinal));
        if (url.UserInfo.Length > 0)
        {
            string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo)));
            return (new UriBuilder(url) { UserName = "", Password = "" }.Uri, new AuthenticationHeaderValue("Basic", basic));
        }

        return (url, key >= 0 && !inUrl ? new AuthenticationHeaderValue("Bearer", keys[key]) : null);
    }

    private (Uri Url, AuthenticationHeaderValue? Authorization) GetTarget(string template, int key) => GetTarget(template, key, _keys);

    private TimeSpan? GetRetryAfter(RetryConditionHeaderValue? header)
    {
        TimeSpan? wait = header?.Delta ?? (header?.Date is { } date ? date - _time.GetUtcNow() : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private async ValueTask WaitForTurnAsync(CancellationToken cancellationToken)
    {
        if (_bucket is null)
        {
            return;
        }

        TimeSpan wait = _bucket.Reserve(LongestTurn) ??
            throw new EndpointException(EndpointErrorKind.RateLimited, $"endpoint '{Name}': too many requests wait for its RequestsPerSecond");

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    private void ThrowIfPaused()
    {
        TimeSpan left = Paused;
        if (left > TimeSpan.Zero)
        {
            throw new EndpointException(new EndpointError
            {
                Kind = _pausedBy,
                Message = $"endpoint '{Name}' is left alone for {left.TotalSeconds:0.#} s more ({_pausedBy})",
                RetryAfter = left,
            });
        }
    }

    /// <summary>Keeps to what the endpoint asked for. Keys have their own pauses.</summary>
    private void Pause(EndpointError error, int key)
    {
        TimeSpan pause;
        lock (_lock)
        {
            switch (error.Kind)
            {
                case EndpointErrorKind.RateLimited:
                    pause = error.RetryAfter ?? TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, Math.Min(_limited, 6))) * (0.5 + (_jitter.NextDouble() / 2)));
                    _limited++;
                    break;
                case EndpointErrorKind.QuotaExhausted when key < 0:
                    pause = error.RetryAfter ?? QuotaPause;
                    break;
                default:
                    return;
            }

            pause = pause < LongestPause ? pause : LongestPause;
            DateTimeOffset until = _time.GetUtcNow() + pause;
            if (until > _pausedUntil)
            {
                _pausedUntil = until;
                _pausedBy = error.Kind;
            }
        }

        if (error.Kind == EndpointErrorKind.RateLimited)
        {
            _bucket?.SlowDown();
            LogRateLimited(Chain, Name, pause.TotalSeconds, error.Message);
        }
        else
        {
            LogQuotaExhausted(Chain, Name, 0, error.Message);
        }
    }

    private TimeSpan RetryDelay(int attempt, Exception? exception)
    {
        if (exception is EndpointException { Error.RetryAfter: { } asked })
        {
            return asked < LongestRetryDelay ? asked : LongestRetryDelay;
        }

        // Full jitter: anything up to the exponential bound, so that many clients of one endpoint do not come back together.
        double bound = Math.Min(LongestRetryDelay.TotalSeconds, RetryBase.TotalSeconds * Math.Pow(2, attempt));
        lock (_lock)
        {
            return TimeSpan.FromSeconds(bound * _jitter.NextDouble());
        }
    }

    private EndpointError Transient(string what, bool timedOut = false) =>
        new() { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{Name}': {what}", TimedOut = timedOut };

    [LoggerMessage(2001, LogLevel.Error, "Chain {Chain}, endpoint {Endpoint}: API key number {Key} was refused and is not used again: {Reason}", EventName = "EndpointKeyRefused")]
    private partial void LogKeyRefused(string chain, string endpoint, int key, string reason);

    [LoggerMessage(2002, LogLevel.Error, "Chain {Chain}, endpoint {Endpoint}: the quota (of API key number {Key}; 0 for none) is used up: {Reason}", EventName = "EndpointQuotaExhausted")]
    private partial void LogQuotaExhausted(string chain, string endpoint, int key, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "Chain {Chain}, endpoint {Endpoint}: asked too often, left alone for {Seconds} s: {Reason}", EventName = "EndpointRateLimited")]
    private partial void LogRateLimited(string chain, string endpoint, double seconds, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "Chain {Chain}, endpoint {Endpoint}: an answer failed the check {Check} and is not used: {Reason}", EventName = "EndpointAnswerRefused")]
    private partial void LogAnswerRefused(string chain, string endpoint, string check, string reason);
}
