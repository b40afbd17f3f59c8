using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Cardano;

/// <summary>
/// One reading of a chain: it opens a connection, finds the newest point that the server shares with us, keeps a number of blocks under way, and when the connection fails goes on over another one, perhaps to another server.
/// What is told is decided by <see cref="ChainTelling"/>.
/// </summary>
internal sealed partial class CardanoSession : IDisposable
{
    /// <summary>How often in a row the node may stand elsewhere without a step from it that leads there.</summary>
    private const int MostStuck = 3;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(30);

    private readonly EndpointPool<OgmiosEndpoint> _pool;
    private readonly WatchPlan _plan;
    private readonly SeenPoints _seen;
    private readonly CardanoSourceOptions _options;
    private readonly ChainStatus _status;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SourceRequest _request;
    private readonly ChainTelling _telling;
    private readonly RetryBackoff _backoff;
    private ChainSyncLine? _line;
    private (OgmiosEndpoint Endpoint, EndpointError Error)? _failed;
    private string? _stranger;
    private long _tooHighFrom = long.MaxValue;
    private bool _isReplaced;
    private bool _expectsBackward;
    private int _failures;

    public CardanoSession(
        EndpointPool<OgmiosEndpoint> pool, WatchPlan plan, SeenPoints seen, CardanoSourceOptions options, ChainStatus status, TimeProvider time, ILogger logger, SourceRequest request)
    {
        _pool = pool;
        _plan = plan;
        _seen = seen;
        _options = options;
        _status = status;
        _time = time;
        _logger = logger;
        _request = request;
        _telling = new ChainTelling(request, options, seen);
        _backoff = new RetryBackoff(FirstBackoff, MaxBackoff, options.Seed, least: 0.5);
    }

    private string ChainName => _status.Chain.Name;

    public bool TryTake([NotNullWhen(true)] out ChainUpdate? update) => _telling.TryTake(out update);

    /// <summary>Does the next thing there is to do. It may yield any number of updates, also none.</summary>
    /// <exception cref="FinalityViolationException">The chain replaced final blocks.</exception>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        if (_line is not { } line)
        {
            await ConnectAsync(cancellationToken);
            return;
        }

        try
        {
            await line.TopUpAsync(Wanted(), _options.PrefetchBytes, cancellationToken);
            using OgmiosMessage? message = await line.TakeAsync(_options.ProbeInterval, _time, cancellationToken);
            if (message is null)
            {
                await ProbeAsync(line, cancellationToken);
            }
            else
            {
                Take(line, message);
            }
        }
        catch (EndpointException exception)
        {
            Leave(line);
            _failed = (line.Endpoint, exception.Error);
            _status.Failed(exception.Message);
            LogLost(ChainName, line.Endpoint.Name, exception.Message);
        }
    }

    public void Dispose()
    {
        _line?.Dispose();
        _telling.Dispose();
    }

    private void Leave(ChainSyncLine line)
    {
        _line = null;
        _telling.Forget();
        line.Dispose();
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _stranger = null;
        Answer<ChainSyncLine> answer = await _pool.RunAsync(
            async (endpoint, cancellation) =>
            {
                if (_failed is { } failed && failed.Endpoint == endpoint)
                {
                    // It failed outside of the pool, which has to know, to ask another one now.
                    _failed = null;
                    throw new EndpointException(failed.Error);
                }

                return Answer<ChainSyncLine>.Found(await OpenAsync(endpoint, cancellation));
            },
            cancellationToken);
        _failed = null;
        if (answer.IsFound)
        {
            _line = answer.Value;
            _expectsBackward = true;
            SawTip(_line.Endpoint);
            return;
        }

        string reason = _stranger is null ? answer.Reason ?? "no endpoint answers" : _telling.SuspectViolation(ChainName, _stranger);
        _status.Disconnected(reason);
        await Task.Delay(_backoff.After(_failures++), _time, cancellationToken);
    }

    private async ValueTask<ChainSyncLine> OpenAsync(OgmiosEndpoint endpoint, CancellationToken cancellationToken)
    {
        OgmiosConnection connection = await endpoint.OpenAsync(cancellationToken);
        try
        {
            await IntersectAsync(endpoint, connection, cancellationToken);
            return new ChainSyncLine(endpoint, connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async ValueTask IntersectAsync(OgmiosEndpoint endpoint, OgmiosConnection connection, CancellationToken cancellationToken)
    {
        List<CardanoPoint> points = await OfferAsync(endpoint, connection, cancellationToken);
        string list = string.Join(',', points.Select(static point => point.ToJson()));
        using OgmiosMessage answer = await endpoint.AskAsync(connection, "findIntersection", $"{{\"points\":[{list}]}}", cancellationToken, tolerated: OgmiosErrors.NoIntersection);
        if (answer.Kind == MessageKind.Result)
        {
            (CardanoPoint shared, ChainPoint? tip) = endpoint.Read(answer, static result => (ChainSyncLine.ReadPoint(result.GetProperty("intersection")), ChainSyncLine.ReadTip(result)));
            if (!points.Contains(shared))
            {
                throw OgmiosErrors.Refused(endpoint.Client, "intersection", $"it was offered {points.Count} points and answered another one");
            }

            _isReplaced = false;
            _telling.Intersected(shared, tip);
            if (_telling.Told.IsEmpty && _request.StartHeight is { } start)
            {
                LogStarting(ChainName, start, shared.ToString());
            }

            return;
        }

        ChainPoint? end = endpoint.Read(answer, static error => error.TryGetProperty("data", out JsonElement data) ? ChainSyncLine.ReadTip(data) : null);
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"endpoint '{endpoint.Name}' has none of the {points.Count} points offered, from {points[^1]} to {points[0]}; its chain ends at height {end?.Height ?? -1}");
        if (!_telling.Told.IsEmpty && end is { } its && its.Height >= _telling.Told.First.Height)
        {
            // Even the first block that is held was replaced, it seems. Where none of them is final yet, reading goes on from somewhere below it, wherever that is.
            _stranger = what;
            _isReplaced = true;
        }

        throw new EndpointException(EndpointErrorKind.MissingData, what);
    }

    /// <summary>The points from which reading can go on, best first.</summary>
    private async ValueTask<List<CardanoPoint>> OfferAsync(OgmiosEndpoint endpoint, OgmiosConnection connection, CancellationToken cancellationToken)
    {
        List<CardanoPoint> points = [];
        if (!_telling.Told.IsEmpty)
        {
            points.AddRange(_telling.Told.Offer().Where(static point => !point.Hash.IsZero).Select(static point => CardanoPoint.Of(point)));
            if (_isReplaced && _telling.Finalized is null)
            {
                points.AddRange(Below(_telling.Told.First.Height).Where(point => point.Slot < _telling.Told.First.Slot));
                points.Add(CardanoPoint.Origin);
            }
            else if (_telling.Told.First.Height <= _options.FinalityDepth)
            {
                // A chain that began not long ago can be read from its beginning; a long one never is, unless somebody says so.
                points.Add(CardanoPoint.Origin);
            }
        }
        else if (_request.StartHeight is { } start)
        {
            ChainPoint? kept = _request.PointBelow is { } below ? await below(start, cancellationToken) : null;
            IEnumerable<CardanoPoint> offered = kept is { Hash.IsZero: false } point ? Below(start).Append(CardanoPoint.Of(point)) : Below(start);
            points.AddRange(offered.Where(one => one.Slot < _tooHighFrom).Distinct().OrderByDescending(static one => one.Slot));
            points.Add(CardanoPoint.Origin);
        }
        else
        {
            ChainPoint? tip = await ChainSyncLine.ReadTipAsync(endpoint, connection, cancellationToken);
            points.Add(tip is { } end ? CardanoPoint.Of(end) : CardanoPoint.Origin);
        }

        return points;
    }

    /// <summary>Points that may lie below a height, the highest first.</summary>
    private IEnumerable<CardanoPoint> Below(long height) =>
        _seen.Below(height).Select(static point => CardanoPoint.Of(point)).Concat(_options.Checkpoints).Distinct().OrderByDescending(static point => point.Slot);

    /// <summary>How many blocks should be under way. Until the height is known where the connection stands, few: it may be the wrong place to begin.</summary>
    private long Wanted()
    {
        if (_telling.IsFull)
        {
            return 0;
        }

        long wanted = _options.Pipelining;
        if (_request.EndHeight is { } end)
        {
            long height = _telling.At.Height ?? (_telling.Told.IsEmpty ? end : _telling.Told.Last.Height);
            wanted = Math.Clamp(end - height + (_expectsBackward ? 1 : 0), 0, wanted);
        }

        return _telling.At.Height is null ? Math.Min(2, _options.Pipelining) : wanted;
    }

    private void Take(ChainSyncLine line, OgmiosMessage message)
    {
        switch (message.Kind)
        {
            case MessageKind.Backward:
                _expectsBackward = false;
                _telling.SawTip(message.Tip);
                if (!_telling.Backward(message.Point))
                {
                    throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{line.Endpoint.Name}' went back to a point that is not known here ({message.Point}); a shared one is looked for anew");
                }

                break;
            case MessageKind.Forward:
                if (IsTooHigh(message.Block!))
                {
                    // The place to begin lies above where reading is to begin. The server keeps to it for this connection.
                    _tooHighFrom = _telling.At.Point.Slot;
                    Leave(line);
                    return;
                }

                _telling.SawTip(message.Tip);
                Forward(line, message);
                break;
            case MessageKind.Error:
                throw new EndpointException(OgmiosErrors.ToError(line.Endpoint.Client, "nextBlock", message));
            default:
                throw OgmiosErrors.Refused(line.Endpoint.Client, "message", "an answer to nextBlock has no direction");
        }

        SawTip(line.Endpoint);
        if (_telling.IsAtTip)
        {
            _telling.TellIdle();
        }
    }

    private void Forward(ChainSyncLine line, OgmiosMessage message)
    {
        BlockData data = message.Block!;
        (string Check, string Reason)? wrong = _telling.Forward(
            data,
            parent =>
            {
                CardanoBlock block = new(message.TakeBody(), data, parent, line.Endpoint.Clock.TimeOf(data.Slot), line.Endpoint.Name, _plan);
                line.Endpoint.Client.ReportFetched(block, line.Waited);
                return block;
            });
        if (wrong is { } failed)
        {
            string reason = failed.Check == "finality" ? _telling.SuspectViolation(ChainName, failed.Reason) : failed.Reason;
            throw OgmiosErrors.Refused(line.Endpoint.Client, failed.Check, reason);
        }

        _failures = 0;
        _status.Told(_telling.At.Height ?? -1);
    }

    private bool IsTooHigh(BlockData block) =>
        _telling.Told.IsEmpty && _request.StartHeight is { } start && block.Height > start && !block.IsBoundary && _telling.At is { Height: null, Point.IsOrigin: false };

    private void SawTip(OgmiosEndpoint endpoint)
    {
        if (_telling.Tip is { } tip)
        {
            _status.SawHead(tip);
            endpoint.Client.ReportHead(tip.Height);
        }
    }

    /// <summary>Nothing came for a while. At the tip that is normal: the answer to nextBlock comes with the next block, whenever that is. So the node is asked whether it is still there, and where.</summary>
    private async Task ProbeAsync(ChainSyncLine line, CancellationToken cancellationToken)
    {
        using OgmiosMessage answer = await line.Endpoint.AskAsync(line.Connection, "queryNetwork/tip", parameters: null, cancellationToken);
        CardanoPoint tip = line.Endpoint.Read(answer, static result => ChainSyncLine.ReadPoint(result));
        if (line.UnderWay == 0 || tip.IsOrigin || tip.Hash == _telling.At.Point.Hash)
        {
            line.Stuck = 0;
            SawTip(line.Endpoint);
            _telling.Insist();
        }
        else if (++line.Stuck >= MostStuck)
        {
            throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{line.Endpoint.Name}' gives no blocks, though its node stands at slot {tip.Slot}, and not where it was followed to");
        }
    }

    [LoggerMessage(2401, LogLevel.Warning, "Chain {Chain}, endpoint {Endpoint}: its stream of blocks ended, and goes on from the newest point that an endpoint shares with us: {Reason}", EventName = "ChainSyncLost")]
    private partial void LogLost(string chain, string endpoint, string reason);

    [LoggerMessage(2402, LogLevel.Information, "Chain {Chain}: to begin at height {Height}, blocks are read from {Point} on; those before are passed over (Checkpoints names nearer points)", EventName = "ChainSyncStarting")]
    private partial void LogStarting(string chain, long height, string point);
}
