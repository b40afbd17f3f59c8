using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Xrpl;

/// <summary>One server with what was learned about it: which ledgers it holds, and how much it takes at once. It is asked over one WebSocket, or by HTTP where it has none.</summary>
internal sealed class XrplEndpoint : IPooledEndpoint, IDisposable
{
    private const int MostAtOnce = 8;
    private static readonly TimeSpan InfoAge = TimeSpan.FromMinutes(1);

    private readonly XrplIdentity _identity;
    private readonly LedgerFeed _feed;
    private readonly TimeProvider _time;
    private readonly TimeSpan _silence;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private XrplConnection? _connection;
    private LedgerRanges? _ledgers;
    private long _validated = -1;
    private int _atOnce = MostAtOnce;
    private int _sinceWarning;
    private long _askedInfo;

    /// <param name="client">The client, with the endpoint's limits.</param>
    /// <param name="identity">The network that it must be of.</param>
    /// <param name="feed">What its announcements wake.</param>
    /// <param name="time">The clock.</param>
    /// <param name="silence">How long a server may announce no ledger before its connection is replaced.</param>
    public XrplEndpoint(EndpointClient client, XrplIdentity identity, LedgerFeed feed, TimeProvider time, TimeSpan silence)
    {
        Client = client;
        _identity = identity;
        _feed = feed;
        _time = time;
        _silence = silence;
    }

    public EndpointClient Client { get; }

    public string Name => Client.Name;

    /// <summary>How many ledgers are asked for at the same time: fewer once the server warned of its load, and more again as it does not.</summary>
    public int AtOnce => Volatile.Read(ref _atOnce);

    /// <summary>The newest validated ledger that the server told; -1 before the first.</summary>
    public long Validated => Volatile.Read(ref _validated);

    /// <summary>Which ledgers the server says to hold; <see langword="null"/> where it does not say.</summary>
    public LedgerRanges? Ledgers => Volatile.Read(ref _ledgers);

    public void SawValidated(long index)
    {
        Client.ReportHead(index);
        Volatile.Write(ref _validated, index);
    }

    /// <summary>Asks for the newest validated ledger.</summary>
    public async ValueTask<ChainPoint> ReadTipAsync(CancellationToken cancellationToken)
    {
        using XrplReply reply = await AskAsync("ledger", "\"ledger_index\":\"validated\",\"binary\":true,", cancellationToken);
        ChainPoint head = Parse(reply, static result => LedgerAnswer.ReadHeader(result)).ToHeader().Point;
        SawValidated(head.Height);
        return head;
    }

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        using XrplReply reply = await AskAsync("server_info", "", cancellationToken);
        ServerInfo info = Parse(reply, static result => ServerInfo.Read(result));
        _identity.Accept(Name, info);
        if (info.AmendmentBlocked)
        {
            throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{Name}' is amendment blocked: its software is older than the network's rules; update that server");
        }

        if (info.State is not (null or "full" or "validating" or "proposing"))
        {
            throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{Name}' is not synchronised with the network: its state is {Client.Redact(info.State)}");
        }

        Volatile.Write(ref _ledgers, info.Ledgers);
        _askedInfo = _time.GetTimestamp();
    }

    /// <summary>Asks again, now and then, which ledgers the server holds, and whether it is still fit.</summary>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        if (_time.GetElapsedTime(_askedInfo) > InfoAge)
        {
            await ConnectAsync(cancellationToken);
        }
    }

    /// <summary>Asks the server. What it answers with is a success, or says that an entry does not exist (<see cref="XrplReply.IsNoEntry"/>).</summary>
    /// <param name="command">The command.</param>
    /// <param name="parameters">Its parameters as JSON properties, each followed by a comma.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="EndpointException">It did not answer as asked.</exception>
    public async ValueTask<XrplReply> AskAsync(string command, string parameters, CancellationToken cancellationToken)
    {
        XrplReply? answer = null;
        if (Client.HasWebSocket)
        {
            await Client.RunAsync(command, async cancellation => Check(command, answer = await AskSocketAsync(command, parameters, cancellation)), cancellationToken);
        }
        else
        {
            string body = $"{{\"method\":\"{command}\",\"params\":[{{{parameters}\"api_version\":2}}]}}";
            await Client.SendAsync(
                new EndpointRequest
                {
                    Method = command,
                    Body = Encoding.UTF8.GetBytes(body),
                    Read = response => ReadHttp(command, response, out answer),
                },
                cancellationToken);
        }

        return answer!;
    }

    /// <summary>Runs a parser over an answer; one that is not of the protocol's shape is refused like one that fails a check.</summary>
    public T Parse<T>(XrplReply reply, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(reply.Result);
        }
        catch (NotValidatedException)
        {
            throw new EndpointException(EndpointErrorKind.NotYet, $"endpoint '{Name}': the ledger is not validated yet");
        }
        catch (Exception exception) when (exception is LedgerFormatException or JsonException)
        {
            throw new EndpointException(
                new EndpointError
                {
                    Kind = EndpointErrorKind.MissingData,
                    Check = "ledger",
                    Message = $"endpoint '{Name}' failed the check ledger: {(exception is LedgerFormatException ? exception.Message : "the result is no JSON")}",
                },
                exception);
        }
    }

    public void Dispose() => Interlocked.Exchange(ref _connection, null)?.Dispose();

    private async ValueTask<XrplReply> AskSocketAsync(string command, string parameters, CancellationToken cancellationToken)
    {
        XrplConnection connection = await OpenAsync(cancellationToken);
        return await connection.AskAsync(command, parameters, cancellationToken);
    }

    private async ValueTask<XrplConnection> OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { IsOpen: true } open)
            {
                if (open.Silence < _silence)
                {
                    return open;
                }

                // It answers, perhaps, but announces nothing: another connection may reach a better server.
                open.Dispose();
            }

            _connection = await XrplConnection.OpenAsync(Client, Announced, _feed, _time, cancellationToken);
            return _connection;
        }
        finally
        {
            _opening.Release();
        }
    }

    private void Announced(Message message)
    {
        if (LedgerRanges.Parse(message.Ledgers) is { } ledgers)
        {
            Volatile.Write(ref _ledgers, ledgers);
        }

        if (message.LedgerIndex > 0 && !message.LedgerHash.IsZero)
        {
            SawValidated(message.LedgerIndex);
            _feed.Announce(new ChainPoint(message.LedgerIndex, message.LedgerHash));
        }
    }

    private EndpointError? ReadHttp(string command, EndpointResponse response, out XrplReply? answer)
    {
        answer = null;
        int status = (int)response.Status;
        if (status is >= 200 and < 300 || response.Body.Span.TrimStart(" \r\n\t"u8).StartsWith("{"u8))
        {
            try
            {
                Message message = Message.ReadHttp(response.Body.Span);
                answer = new XrplReply(response.TakeBody(), message);
                return Check(command, answer);
            }
            catch (Exception exception) when (exception is JsonException or LedgerFormatException)
            {
                return new EndpointError { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{Name}', {command}: no answer of the protocol (HTTP {status})" };
            }
        }

        string text = Encoding.UTF8.GetString(response.Body.Span[..Math.Min(200, response.Body.Length)]);
        EndpointErrorKind kind = status switch
        {
            401 or 403 => EndpointErrorKind.AuthFailed,
            429 => EndpointErrorKind.RateLimited,
            503 when text.Contains("overloaded", StringComparison.OrdinalIgnoreCase) => EndpointErrorKind.RateLimited,
            _ => EndpointErrorKind.Transient,
        };
        return new EndpointError { Kind = kind, RetryAfter = response.RetryAfter, Message = Client.Redact(string.Create(CultureInfo.InvariantCulture, $"endpoint '{Name}', {command}: HTTP {status}: {text}")) };
    }

    private EndpointError? Check(string command, XrplReply reply)
    {
        Message message = reply.Message;
        if (message.LoadWarning)
        {
            Volatile.Write(ref _atOnce, Math.Max(1, AtOnce / 2));
            _sinceWarning = 0;
            Client.SlowDown();
        }
        else if (++_sinceWarning >= 32 && AtOnce < MostAtOnce)
        {
            Volatile.Write(ref _atOnce, AtOnce + 1);
            _sinceWarning = 0;
        }

        EndpointError? error = reply.IsNoEntry ? null
            : message.Failed ? XrplErrors.ToError(Client, command, message)
            : message.AmendmentBlocked ? new EndpointError { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{Name}' is amendment blocked: its software is older than the network's rules; update that server" }
            : message.ResultLength == 0 ? new EndpointError { Kind = EndpointErrorKind.Transient, Message = $"endpoint '{Name}', {command}: an answer without a result" }
            : null;
        if (error is not null)
        {
            reply.Dispose();
        }

        return error;
    }
}
