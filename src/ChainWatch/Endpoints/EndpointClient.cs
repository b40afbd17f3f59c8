using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace ChainWatch;

/// <summary>
/// Sends requests to one endpoint: with its key, within its limits, with a time limit for each attempt and a few retries of what may pass by itself.
/// One client is made for each endpoint and shared by all that talk to it; it owns the endpoint's connection pool.
/// </summary>
/// <remarks>
/// What the endpoint refuses for longer (rate, quota, key) is not waited for here: it is thrown, so that the pool can ask another endpoint meanwhile; until the pause is
/// over, requests fail at once without being sent.
/// </remarks>
public sealed partial class EndpointClient : IDisposable
{
    private const int Retries = 2;
    private const double RetryShare = 0.2;
    private const double MostRetries = 20;
    private static readonly TimeSpan RetryBase = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestQuotaPause = TimeSpan.FromDays(31);
    private static readonly TimeSpan QuotaPause = TimeSpan.FromHours(1);

    private readonly EndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IEndpointObserver? _observer;
    private readonly EndpointLine _line;
    private readonly EndpointSecrets _secrets;
    private readonly EndpointRateLimiter _limiter;
    private readonly EndpointKeys _keys;

    // What happens to keys is told in the order in which it happened.
    private readonly Lock _keyChanges = new();
    private readonly ResiliencePipeline _retry;
    private readonly ResiliencePipeline _timeout;
    private readonly RetryBackoff _retryWait;
    private readonly RetryBackoff _pauseWait;
    private readonly RetryBudget _retries = new(RetryShare, MostRetries);

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
        _limiter = new EndpointRateLimiter(options, timeProvider);
        _keys = new EndpointKeys(options.ApiKeys, options.LimitsPerKey, () => options.LimitsPerKey ? new EndpointRateLimiter(options, timeProvider) : _limiter, timeProvider);
        _line = new EndpointLine(name, options, transport, timeProvider);
        _retryWait = new RetryBackoff(RetryBase, LongestRetryDelay, seed);
        _pauseWait = new RetryBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), seed, least: 0.5);
        _timeout = new ResiliencePipelineBuilder { TimeProvider = timeProvider }.AddTimeout(new TimeoutStrategyOptions { Timeout = options.Timeout }).Build();
        _retry = new ResiliencePipelineBuilder { TimeProvider = timeProvider }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = Retries,
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.AttemptNumber < Retries &&
                    arguments.Outcome.Exception is EndpointException { Kind: EndpointErrorKind.Transient, Error.TimedOut: false } exception &&
                    !(exception.Error.RetryAfter > LongestRetryDelay) &&
                    _retries.TryTake()),
                DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(
                    arguments.Outcome.Exception is EndpointException { Error.RetryAfter: { } asked } ? asked : _retryWait.After(arguments.AttemptNumber)),
            })
            .Build();
    }

    /// <summary>The chain's name.</summary>
    public string Chain { get; }

    /// <summary>The endpoint's name. Its URL is never shown, since URLs hold keys.</summary>
    public string Name { get; }

    /// <summary>How long requests still fail without being sent, because the endpoint asked for a pause.</summary>
    public TimeSpan Paused => _options.LimitsPerKey && _keys.Usable > 0 ? _keys.All.Where(static key => !key.Refused).Min(static key => key.Limiter.Paused) : _limiter.Paused;

    /// <summary>How many requests (or units) a second it may be asked now; <see langword="null"/> for no limit.</summary>
    public double? RateLimit => _options.LimitsPerKey ? _keys.All.Where(static key => !key.Refused).Sum(static key => key.Limiter.Rate) : _limiter.Rate;

    /// <summary>How many of its keys can be used now; <see langword="null"/> where it has none.</summary>
    public int? UsableKeys => _keys.Any ? _keys.Usable : null;

    /// <summary>Sends a request, and hands its answer to <see cref="EndpointRequest.Read"/>. How urgent it is says <see cref="EndpointPriorityScope"/>.</summary>
    /// <exception cref="EndpointException">The endpoint did not answer as asked, also after retries.</exception>
    public async ValueTask SendAsync(EndpointRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        _retries.Earn();
        bool renewed = false;
        HashSet<ApiKey>? full = null;
        while (true)
        {
            ApiKey? key = TakeKey(full);
            AuthenticationHeaderValue? credentials = _line.ReadCredentials();
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
            catch (EndpointException exception) when (key is not null && IsAboutKey(exception.Error))
            {
                if (exception.Error.IsKnown || exception.Kind == EndpointErrorKind.RateLimited)
                {
                    // This one has nothing left for now; another key has limits of its own.
                    (full ??= []).Add(key);
                }
                else
                {
                    Park(key, exception.Error);
                }

                if (_keys.Current(full) is null)
                {
                    throw;
                }
            }
            catch (EndpointException exception) when (!renewed && exception.Kind == EndpointErrorKind.AuthFailed && _line.TryRenewCredentials(credentials))
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

    /// <summary>The endpoint warned that it is asked too often, though it still answers: the rate is halved, and grows back while it is used up.</summary>
    public void SlowDown() => (_keys.Current(except: null)?.Limiter ?? _limiter).SlowDown(learn: false);

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

    /// <summary>Records that an answer of this endpoint failed an integrity check, and is used all the same because checks are only observed.</summary>
    public void ReportObserved(string check, string message)
    {
        _observer?.AnswerRefused(Chain, Name, check);
        LogAnswerObserved(Chain, Name, check, message);
    }

    /// <summary>Records in the traces that this endpoint gave a block, for sources that tell their chain themselves: what block readers read is traced without it.</summary>
    /// <param name="block">The block, as it is told.</param>
    /// <param name="waited">How long it was waited for.</param>
    public void ReportFetched(Block block, TimeSpan waited)
    {
        ArgumentNullException.ThrowIfNull(block);
        ChainWatchTracing.Fetched(Chain, block, waited);
    }

    /// <summary>Records the head that this endpoint told.</summary>
    public void ReportHead(long height) => HeadTold?.Invoke(height);

    /// <summary>Takes the next of the keys into use, and puts the one in use behind the others. Requests under way end with the key that they began with.</summary>
    /// <returns>False where there is no other usable key.</returns>
    public bool RotateKey()
    {
        lock (_keyChanges)
        {
            if (!_keys.Rotate())
            {
                return false;
            }

            int number = _keys.Current(except: null)?.Number ?? 0;
            LogKeyRotated(Chain, Name, number);
            KeysChanged?.Invoke("endpoint.key.rotated", string.Create(CultureInfo.InvariantCulture, $"key number {number} is used now, on request"));
            return true;
        }
    }

    /// <summary>Takes other keys into use, in their order. What is known about those that stay is kept: a refused one stays refused.</summary>
    /// <param name="keys">The keys.</param>
    public void ReplaceKeys(IReadOnlyList<string> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        // Before any of them is used: what is sent can come back in an error.
        _secrets.Add(keys);
        lock (_keyChanges)
        {
            int before = _keys.All.Count;
            int added = _keys.Replace(keys);
            int removed = before + added - _keys.All.Count;
            if (added == 0 && removed == 0)
            {
                return;
            }

            LogKeysReplaced(Chain, Name, added, removed, _keys.Usable);
            KeysChanged?.Invoke("endpoint.keys.replaced", string.Create(CultureInfo.InvariantCulture, $"{added} keys came, {removed} went, {_keys.Usable} can be used"));
        }

        KeysRenewed?.Invoke();
    }

    /// <summary>True where the endpoint has a URL for pushes, or a <c>ws</c> or <c>wss</c> URL for everything.</summary>
    public bool HasWebSocket => _line.HasWebSocket;

    /// <summary>Opens a connection to the endpoint's URL for pushes, else to its <c>ws</c> or <c>wss</c> URL for everything, with its key.</summary>
    /// <exception cref="EndpointException">It could not be opened.</exception>
    public ValueTask<WebSocket> ConnectWebSocketAsync(CancellationToken cancellationToken) => _line.ConnectAsync(TakeKey(full: null)?.Value, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _line.Dispose();
        _limiter.Dispose();
        foreach (ApiKey key in _keys.All)
        {
            key.Limiter.Dispose();
        }
    }

    /// <summary>Takes the heads that the endpoint tells; set by the pool that it belongs to.</summary>
    internal Action<long>? HeadTold { get; set; }

    /// <summary>Told when keys came that may work where those before did not; set by the pool that it belongs to.</summary>
    internal Action? KeysRenewed { get; set; }

    /// <summary>Told what happened to the keys, as an action and its details, for the audit log.</summary>
    internal Action<string, string>? KeysChanged { get; set; }

    /// <summary>The keys in use, in their order.</summary>
    internal IReadOnlyList<string> Keys => [.. _keys.All.Select(static key => key.Value)];

    /// <summary>What calls of these methods count against the limits, in one request.</summary>
    internal int UnitsOf(IEnumerable<string> methods) => _options.Units.Count == 0 ? 1 : methods.Sum(_options.UnitsOf);

    /// <summary>Records that the endpoint is asked after others from now on, and why, in one of a fixed number of words.</summary>
    internal void ReportDemoted(string reasonKind) => _observer?.EndpointDemoted(Chain, Name, reasonKind);

    private bool IsAboutKey(EndpointError error) => error.IsKnown || error.Kind == EndpointErrorKind.RateLimited
        ? _options.LimitsPerKey
        : error.Kind is EndpointErrorKind.AuthFailed or EndpointErrorKind.QuotaExhausted;

    private void Park(ApiKey key, EndpointError error)
    {
        if (error.Kind == EndpointErrorKind.AuthFailed)
        {
            _keys.Refuse(key);
            LogKeyRefused(Chain, Name, key.Number, error.Message);
            KeysChanged?.Invoke("endpoint.key.refused", string.Create(CultureInfo.InvariantCulture, $"key number {key.Number} was refused and is parked; {_keys.Usable} can be used"));
        }
        else
        {
            _keys.Rest(key, QuotaPauseOf(error, key.Limiter));
            LogQuotaExhausted(Chain, Name, key.Number, error.Message);
            KeysChanged?.Invoke("endpoint.key.exhausted", string.Create(CultureInfo.InvariantCulture, $"the quota of key number {key.Number} is used up; {_keys.Usable} can be used"));
        }
    }

    private ApiKey? TakeKey(HashSet<ApiKey>? full)
    {
        if (!_keys.Any)
        {
            return null;
        }

        return _keys.Current(full) ??
            throw new EndpointException(EndpointErrorKind.AuthFailed, $"endpoint '{Name}': none of its API keys can be used: each was refused, or its quota is used up");
    }

    private async ValueTask AttemptAsync(EndpointRequest request, ApiKey? key, CancellationToken cancellationToken)
    {
        EndpointRateLimiter limiter = key?.Limiter ?? _limiter;
        using RateLimitLease turn = await limiter.AcquireAsync(request.Units ?? UnitsOf([request.Method]), EndpointPriorityScope.Current, cancellationToken);
        if (turn is EndpointLease { IsAcquired: false } none)
        {
            throw new EndpointException(new EndpointError { Kind = none.Refusal, Message = $"endpoint '{Name}' {none.Reason}", RetryAfter = none.RetryAfter, IsKnown = true });
        }

        long started = _time.GetTimestamp();
        EndpointError? error = await SendOnceAsync(request, key, cancellationToken);
        _observer?.RequestCompleted(Chain, Name, request.Method, error?.Kind, _time.GetElapsedTime(started));
        EndpointRequestLog.Completed(_logger, Chain, Name, request.Method, error, _time.GetElapsedTime(started));
        if (error is null)
        {
            limiter.Succeeded();
            _pauseWait.Succeeded();
            return;
        }

        Pause(error, key, limiter);
        throw new EndpointException(error);
    }

    private async ValueTask<EndpointError?> SendOnceAsync(EndpointRequest request, ApiKey? key, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        try
        {
            return await _timeout.ExecuteAsync(
                static async (context, state) => await state.Line.ExchangeAsync(state.Request, state.Key, context.CancellationToken),
                context,
                (Line: _line, Request: request, Key: key?.Value));
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

    /// <summary>Keeps to what the endpoint asked for. Keys rest on their own.</summary>
    private void Pause(EndpointError error, ApiKey? key, EndpointRateLimiter limiter)
    {
        if (error.Kind == EndpointErrorKind.RateLimited)
        {
            // What was on its way together is refused together: one complaint, and no reason to wait longer each time.
            TimeSpan left = limiter.Paused;
            TimeSpan pause = error.RetryAfter ?? (left > TimeSpan.Zero ? left : _pauseWait.Failed());
            pause = pause < LongestPause ? pause : LongestPause;
            limiter.SlowDown(learn: true);
            limiter.Pause(pause, error.Kind);
            LogRateLimited(Chain, Name, pause.TotalSeconds, error.Message);
        }
        else if (error.Kind == EndpointErrorKind.QuotaExhausted && key is null)
        {
            limiter.Pause(QuotaPauseOf(error, limiter), error.Kind);
            LogQuotaExhausted(Chain, Name, 0, error.Message);
        }
    }

    private static TimeSpan QuotaPauseOf(EndpointError error, EndpointRateLimiter limiter)
    {
        TimeSpan pause = error.RetryAfter ?? limiter.UntilReset ?? QuotaPause;
        return pause < LongestQuotaPause ? pause : LongestQuotaPause;
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

    [LoggerMessage(2005, LogLevel.Information, "Chain {Chain}, endpoint {Endpoint}: API key number {Key} is used from now on, on request", EventName = "EndpointKeyRotated")]
    private partial void LogKeyRotated(string chain, string endpoint, int key);

    [LoggerMessage(2006, LogLevel.Information, "Chain {Chain}, endpoint {Endpoint}: {Added} API keys came and {Removed} went; {Usable} can be used", EventName = "EndpointKeysReplaced")]
    private partial void LogKeysReplaced(string chain, string endpoint, int added, int removed, int usable);

    [LoggerMessage(2009, LogLevel.Warning, "Chain {Chain}, endpoint {Endpoint}: an answer failed the check {Check} and is used all the same, since ObserveOnly is set: {Reason}", EventName = "EndpointAnswerObserved")]
    private partial void LogAnswerObserved(string chain, string endpoint, string check, string reason);
}
