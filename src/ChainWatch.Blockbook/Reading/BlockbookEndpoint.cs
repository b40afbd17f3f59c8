using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Blockbook;

/// <summary>
/// One instance, asked over one WebSocket where it has one, and by HTTP for what is not to be had there: whole blocks need an index that few instances have, and raw ones are only to be
/// had by HTTP. It keeps to what a public instance allows.
/// </summary>
internal sealed partial class BlockbookEndpoint : IPooledEndpoint, IDisposable
{
    /// <summary>How far its index may be behind its own node while it says that it is not in sync: it says so with every block.</summary>
    private const int MostBehindBackend = 3;

    private static readonly TimeSpan StatusAge = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SocketRest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ToldAgainAfter = TimeSpan.FromMinutes(10);

    private readonly BlockbookIdentity _identity;
    private readonly NewBlockFeed _feed;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly ILogger _logger;
    private readonly MessageBudget? _socketBudget;
    private readonly MessageBudget? _httpBudget;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private BlockbookConnection? _connection;
    private long _socketRestsUntil;
    private long _statusAt;
    private long _toldAt = long.MinValue;
    private long _best = -1;
    private volatile bool _withoutSocketBlocks;
    private volatile bool _withoutRawBlocks;

    /// <param name="client">The client.</param>
    /// <param name="hasHttp">Whether it has a URL for requests by HTTP, besides or instead of that of a WebSocket.</param>
    /// <param name="identity">The chain that it must serve.</param>
    /// <param name="feed">What its announcements wake.</param>
    /// <param name="limited">Whether it is asked no more than what a public instance allows.</param>
    /// <param name="patience">How long a request waits for that at most, before another endpoint is asked.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it is told when that is not enough.</param>
    public BlockbookEndpoint(EndpointClient client, bool hasHttp, BlockbookIdentity identity, NewBlockFeed feed, bool limited, TimeSpan patience, TimeProvider time, ILogger logger)
    {
        Client = client;
        HasHttp = hasHttp;
        _identity = identity;
        _feed = feed;
        _time = time;
        _patience = patience;
        _logger = logger;
        _socketBudget = limited ? new MessageBudget(PublicLimits.SocketMessages, PublicLimits.SocketWindow, time) : null;
        _httpBudget = limited ? new MessageBudget(PublicLimits.Requests, PublicLimits.RequestWindow, time) : null;
    }

    public EndpointClient Client { get; }

    public string Name => Client.Name;

    public bool HasHttp { get; }

    /// <summary>False once the server said that it has none.</summary>
    public bool MayHaveRawBlocks => HasHttp && !_withoutRawBlocks;

    /// <summary>True while blocks are to be had over the WebSocket, as far as is known.</summary>
    public bool MayHaveSocketBlocks => UsesSocket && !_withoutSocketBlocks;

    /// <summary>The highest block that the server told to have; -1 before the first.</summary>
    public long Best => Volatile.Read(ref _best);

    /// <summary>False without a URL for it, and for a while after it could not be had, where there is another way.</summary>
    public bool UsesSocket => Client.HasWebSocket && (!HasHttp || _time.GetTimestamp() >= Interlocked.Read(ref _socketRestsUntil));

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        ServerInfo info;
        if (UsesSocket)
        {
            info = await ReadInfoAsync(cancellationToken);
            if (info.Genesis.IsZero)
            {
                using ServerAnswer first = await AskSocketAsync("getBlockHash", """{"height":0}""", cancellationToken);
                info = info with { Genesis = Parse(first, static data => ServerInfo.ReadHash(data, "hash")) };
            }

            if (HasHttp)
            {
                CheckSync(await ReadStatusAsync(cancellationToken));
            }
        }
        else
        {
            info = await ReadStatusAsync(cancellationToken);
            CheckSync(info);
            using ServerAnswer first = await AskHttpAsync("block-index", "api/v2/block-index/0", cancellationToken);
            info = info with { Genesis = Parse(first, static data => ServerInfo.ReadHash(data, "blockHash")) };
        }

        _identity.Accept(Name, info);
    }

    /// <summary>Reads the newest block's height and hash.</summary>
    public async ValueTask<ChainPoint> ReadTipAsync(CancellationToken cancellationToken)
    {
        ServerInfo info;
        if (UsesSocket)
        {
            if (HasHttp && _time.GetElapsedTime(Interlocked.Read(ref _statusAt)) > StatusAge)
            {
                CheckSync(await ReadStatusAsync(cancellationToken));
            }

            info = await ReadInfoAsync(cancellationToken);
        }
        else
        {
            info = await ReadStatusAsync(cancellationToken);
            CheckSync(info);
            if (info.BackendHeight == info.BestHeight)
            {
                info = info with { BestHash = info.BackendHash };
            }
        }

        if (info.BestHeight < 0)
        {
            throw Refused(new AnswerFormatException(BlockCheck.Format, "it does not tell the height of its newest block"));
        }

        ChainPoint tip = new(info.BestHeight, info.BestHash.IsZero ? await ReadHashAsync(info.BestHeight, cancellationToken) : info.BestHash);
        Saw(tip.Height);
        return tip;
    }

    /// <summary>Asks for a page of a block, over whatever way the server offers.</summary>
    /// <param name="id">Its hash or height.</param>
    /// <param name="page">The page, from 1.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async ValueTask<ServerAnswer> ReadPageAsync(string id, int page, CancellationToken cancellationToken)
    {
        if (MayHaveSocketBlocks)
        {
            try
            {
                return await AskSocketAsync("getBlock", string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"{id}\",\"page\":{page},\"pageSize\":10000}}"), cancellationToken);
            }
            catch (EndpointException exception) when (exception.Kind == EndpointErrorKind.Unsupported && HasHttp)
            {
                // It has no extended index; by HTTP it tells blocks all the same.
                _withoutSocketBlocks = true;
            }
            catch (EndpointException exception) when (exception.Kind == EndpointErrorKind.Unsupported)
            {
                throw new EndpointException(
                    new EndpointError
                    {
                        Kind = EndpointErrorKind.Unsupported,
                        Message = $"endpoint '{Name}' gives no blocks over WebSocket, for it has no extended index; give it an https Url, and its WebSocket as WebSocketUrl",
                    },
                    exception);
            }
        }

        return await AskHttpAsync("block", string.Create(CultureInfo.InvariantCulture, $"api/v2/block/{id}{(page == 1 ? "" : $"?page={page}")}"), cancellationToken);
    }

    /// <summary>Asks for a raw block.</summary>
    /// <returns><see langword="null"/> where the server has none.</returns>
    public async ValueTask<ServerAnswer?> ReadRawAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await AskHttpAsync("rawblock", $"api/v2/rawblock/{id}", cancellationToken);
        }
        catch (EndpointException exception) when (exception.Kind == EndpointErrorKind.Unsupported)
        {
            _withoutRawBlocks = true;
            return null;
        }
    }

    /// <summary>Asks over the WebSocket; what the server complains about is thrown.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parameters">Its parameters, as a JSON object.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <param name="account">The address whose account it asks for: a connection may ask for few.</param>
    public async ValueTask<ServerAnswer> AskSocketAsync(string method, string parameters, CancellationToken cancellationToken, string? account = null)
    {
        await KeepToAsync(_socketBudget, cancellationToken);
        ServerAnswer? answer = null;
        await Client.RunAsync(
            method,
            async cancellation =>
            {
                BlockbookConnection connection = await OpenAsync(account, cancellation);
                try
                {
                    answer = await connection.AskAsync(method, parameters, cancellation);
                }
                finally
                {
                    connection.Release();
                }

                if (Envelope.ReadError(answer.Data) is not { } error)
                {
                    return null;
                }

                answer.Dispose();
                return new EndpointError { Kind = BlockbookErrors.KindOf(error), Message = Client.Redact($"endpoint '{Name}', {method}: {error}") };
            },
            cancellationToken);
        return answer!;
    }

    /// <summary>Asks by HTTP; what the server complains about is thrown.</summary>
    /// <param name="method">The method's name, for metrics.</param>
    /// <param name="path">What to append to the endpoint's URL.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async ValueTask<ServerAnswer> AskHttpAsync(string method, string path, CancellationToken cancellationToken)
    {
        if (!HasHttp)
        {
            throw new EndpointException(EndpointErrorKind.Unsupported, $"endpoint '{Name}' has no http or https Url, which {method} needs");
        }

        await KeepToAsync(_httpBudget, cancellationToken);
        ServerAnswer? answer = null;
        await Client.SendAsync(new EndpointRequest { Method = method, Path = path, Read = response => Read(method, response, out answer) }, cancellationToken);
        return answer!;
    }

    /// <summary>Runs a parser over an answer; one that is not of the protocol's shape is refused.</summary>
    public T Parse<T>(ServerAnswer answer, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(answer.Data);
        }
        catch (AnswerFormatException exception)
        {
            throw Refused(exception);
        }
    }

    /// <summary>What an answer that failed a check means: another instance is asked.</summary>
    public EndpointException Refused(AnswerFormatException exception) => new(
        new EndpointError { Kind = EndpointErrorKind.MissingData, Check = exception.Check, Message = $"endpoint '{Name}' failed the check {exception.Check}: {exception.Message}" },
        exception);

    /// <summary>Ends the connection; the next request opens one anew.</summary>
    public void Dispose() => Interlocked.Exchange(ref _connection, null)?.Dispose();

    private void Saw(long height)
    {
        Client.ReportHead(height);
        Volatile.Write(ref _best, height);
    }

    private async ValueTask<ServerInfo> ReadInfoAsync(CancellationToken cancellationToken)
    {
        using ServerAnswer answer = await AskSocketAsync("getInfo", "{}", cancellationToken);
        return Parse(answer, ServerInfo.Read);
    }

    private async ValueTask<ServerInfo> ReadStatusAsync(CancellationToken cancellationToken)
    {
        using ServerAnswer answer = await AskHttpAsync("status", "api/status", cancellationToken);
        Interlocked.Exchange(ref _statusAt, _time.GetTimestamp());
        return Parse(answer, ServerInfo.ReadStatus);
    }

    private async ValueTask<Hash256> ReadHashAsync(long height, CancellationToken cancellationToken)
    {
        bool socket = UsesSocket;
        using ServerAnswer answer = socket
            ? await AskSocketAsync("getBlockHash", string.Create(CultureInfo.InvariantCulture, $"{{\"height\":{height}}}"), cancellationToken)
            : await AskHttpAsync("block-index", string.Create(CultureInfo.InvariantCulture, $"api/v2/block-index/{height}"), cancellationToken);
        Hash256 hash = Parse(answer, data => ServerInfo.ReadHash(data, socket ? "hash" : "blockHash"));
        return hash.IsZero
            ? throw new EndpointException(EndpointErrorKind.NotYet, string.Create(CultureInfo.InvariantCulture, $"endpoint '{Name}' does not have block {height} yet"))
            : hash;
    }

    private void CheckSync(ServerInfo status)
    {
        if (status.InitialSync)
        {
            throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{Name}' is building its index (initialSync): what it tells is old");
        }

        if (!status.InSync && (status.BackendHeight < 0 || status.BackendHeight - status.BestHeight > MostBehindBackend))
        {
            throw new EndpointException(
                EndpointErrorKind.Transient,
                string.Create(CultureInfo.InvariantCulture, $"endpoint '{Name}' is not in sync: its index ends at {status.BestHeight}, its node is at {status.BackendHeight}"));
        }
    }

    /// <summary>The connection, opened where there is none. Whoever gets it releases it.</summary>
    private async ValueTask<BlockbookConnection> OpenAsync(string? account, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { IsOpen: true } open)
            {
                if (account is null || open.MayAskAccount(account))
                {
                    open.Use();
                    return open;
                }

                // One more account would make the server close it; a new connection begins anew. Two at once would count as two, and what others have asked over this one is still to come.
                await open.WhenUnusedAsync().WaitAsync(cancellationToken);
                open.Dispose();
            }

            BlockbookConnection opened = await BlockbookConnection.OpenAsync(Client, _feed, Announced, cancellationToken);
            if (account is not null)
            {
                opened.MayAskAccount(account);
            }

            opened.Use();
            _connection = opened;
            return opened;
        }
        catch (EndpointException exception)
        {
            // What was refused for its many requests stays refused for hours: to try again and again would only prolong it.
            bool refused = exception.Kind == EndpointErrorKind.RateLimited;
            TimeSpan rest = refused ? PublicLimits.RefusedFor : SocketRest;
            string message = refused
                ? $"endpoint '{Name}' refuses connections from here (429): it was asked too often, and says so for up to 12 hours"
                : exception.Message;
            _feed.Lost(message);
            if (!HasHttp)
            {
                throw refused ? new EndpointException(new EndpointError { Kind = EndpointErrorKind.RateLimited, RetryAfter = rest, Message = message }, exception) : exception;
            }

            // The next request goes by HTTP; this one is not tried again over what is not to be had.
            Interlocked.Exchange(ref _socketRestsUntil, _time.GetTimestamp() + (long)(rest.TotalSeconds * _time.TimestampFrequency));
            throw new EndpointException(new EndpointError { Kind = EndpointErrorKind.MissingData, Message = message }, exception);
        }
        finally
        {
            _opening.Release();
        }
    }

    private void Announced(ChainPoint point)
    {
        Saw(point.Height);
        _feed.Announce(point);
    }

    private async ValueTask KeepToAsync(MessageBudget? budget, CancellationToken cancellationToken)
    {
        while (budget is not null && budget.Take() is { } wait && wait > TimeSpan.Zero)
        {
            Tell(budget, wait);
            if (wait > _patience)
            {
                throw new EndpointException(new EndpointError
                {
                    Kind = EndpointErrorKind.RateLimited,
                    RetryAfter = wait,
                    Message = string.Create(CultureInfo.InvariantCulture, $"endpoint '{Name}' is left alone for {wait.TotalSeconds:0} s: a public Blockbook takes {budget.Limit} messages in {budget.Window.TotalMinutes:0} minutes"),
                });
            }

            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    /// <summary>Says, now and then, that the limits do not suffice.</summary>
    private void Tell(MessageBudget budget, TimeSpan wait)
    {
        long now = _time.GetTimestamp();
        long told = Interlocked.Read(ref _toldAt);
        if ((told == long.MinValue || _time.GetElapsedTime(told, now) > ToldAgainAfter) && Interlocked.CompareExchange(ref _toldAt, now, told) == told)
        {
            LogLimited(Client.Chain, Name, budget.Limit, budget.Window.TotalMinutes, wait.TotalSeconds);
        }
    }

    private EndpointError? Read(string method, EndpointResponse response, out ServerAnswer? answer)
    {
        answer = null;
        int status = (int)response.Status;
        ReadOnlySpan<byte> body = response.Body.Span.Trim(" \r\n\t"u8);
        string? error = body.StartsWith("{"u8) ? Envelope.ReadError(response.Body.Span) : null;
        if (status is >= 200 and < 300 && error is null && (body.StartsWith("{"u8) || body.StartsWith("["u8)))
        {
            int length = response.Body.Length;
            answer = new ServerAnswer(response.TakeBody(), 0, length);
            return null;
        }

        string text = error ?? Encoding.UTF8.GetString(body[..Math.Min(200, body.Length)]);
        return new EndpointError
        {
            Kind = BlockbookErrors.KindOf(status, error),
            Code = status,
            RetryAfter = response.RetryAfter,
            Message = Client.Redact(string.Create(CultureInfo.InvariantCulture, $"endpoint '{Name}', {method}: HTTP {status}: {text}")),
        };
    }

    [LoggerMessage(
        2302,
        LogLevel.Warning,
        "Chain {Chain}, endpoint {Endpoint}: more is needed than the {Limit} messages in {Minutes} minutes that a public Blockbook allows, so requests wait ({Seconds} s now). Run an own instance and set Limits to None, add endpoints, or watch less often (PollInterval)",
        EventName = "PublicLimitsReached")]
    private partial void LogLimited(string chain, string endpoint, int limit, double minutes, double seconds);
}
