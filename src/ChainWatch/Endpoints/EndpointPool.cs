using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// The endpoints of a chain. An operation runs on the first one of the list that is fit; when that one fails, or does not know, it runs on the next. An endpoint that
/// failed cools down, and is tried again with a real operation after that, because only that proves that it works. The last one left is never dropped.
/// </summary>
/// <remarks>An operation runs on one endpoint as a whole, so that what it puts together comes from one node as far as a client can tell.</remarks>
/// <typeparam name="TEndpoint">The chain family's endpoint.</typeparam>
public sealed partial class EndpointPool<TEndpoint>
    where TEndpoint : class, IPooledEndpoint
{
    private static readonly TimeSpan FirstCoolDown = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestCoolDown = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RefusedCoolDown = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SetAside = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly Slot[] _slots;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();

    /// <summary>Creates a pool.</summary>
    /// <param name="endpoints">The endpoints, in the order in which they are preferred; at least one.</param>
    /// <param name="timeProvider">The clock of cool-downs.</param>
    /// <param name="logger">Where switches and refusals are told.</param>
    public EndpointPool(IReadOnlyList<TEndpoint> endpoints, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.Count == 0)
        {
            throw new ArgumentException("A pool needs at least one endpoint.", nameof(endpoints));
        }

        _slots = [.. endpoints.Select(static endpoint => new Slot(endpoint))];
        _time = timeProvider;
        _logger = logger;
        foreach (Slot slot in _slots)
        {
            slot.Endpoint.Client.HeadTold = height => Told(slot, height);
        }
    }

    /// <summary>The endpoints, in the order in which they are preferred.</summary>
    public IEnumerable<TEndpoint> Endpoints => _slots.Select(static slot => slot.Endpoint);

    /// <summary>How the endpoints stand now, in the order in which they are asked.</summary>
    public IReadOnlyList<EndpointStanding> ReadStandings()
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            Slot[] order = [.. _slots.OrderBy(slot => slot.RestsUntil > now || slot.Endpoint.Client.Paused > TimeSpan.Zero)];
            long highest = _slots.Max(static slot => slot.Head);
            return [.. order.Select((slot, index) => Stand(slot, index + 1, highest))];
        }
    }

    /// <summary>Lets every endpoint prove again, before it is next used, that it serves this chain.</summary>
    public void Reconnect()
    {
        lock (_lock)
        {
            foreach (Slot slot in _slots)
            {
                slot.Connected = false;
            }
        }
    }

    /// <summary>Asks the endpoint that stands first after the others for a few minutes.</summary>
    public void PreferAnother()
    {
        lock (_lock)
        {
            if (_slots.Length > 1 && InTurn() is { Count: > 0 } order)
            {
                order[0].SetAsideUntil = _time.GetUtcNow() + SetAside;
            }
        }
    }

    /// <summary>Runs an operation on the endpoints until one has an answer.</summary>
    /// <typeparam name="T">What is asked for.</typeparam>
    /// <param name="operation">
    /// The operation. <see cref="AnswerKind.Found"/> and <see cref="AnswerKind.NotYet"/> end the search; <see cref="AnswerKind.Unknown"/> and an
    /// <see cref="EndpointException"/> go on to the next endpoint.
    /// </param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The answer; when no endpoint had one, <see cref="AnswerKind.Unknown"/> with what each of them said.</returns>
    public async ValueTask<Answer<T>> RunAsync<T>(Func<TEndpoint, CancellationToken, ValueTask<Answer<T>>> operation, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(operation);
        List<string> reasons = [];
        bool waited = false;
        while (true)
        {
            bool tried = false;
            foreach (Slot slot in InTurn())
            {
                tried = true;
                Answer<T> answer = await TryAsync(slot, operation, cancellationToken);
                if (answer.Kind != AnswerKind.Unknown)
                {
                    return answer;
                }

                reasons.Add(answer.Reason ?? $"endpoint '{slot.Endpoint.Client.Name}' does not know");
            }

            TimeSpan wait = Shortest(out string resting);
            if (tried || waited || wait > LongestWait)
            {
                return Answer<T>.Unknown(reasons.Count > 0 ? string.Join("; ", reasons) : resting);
            }

            // All of them asked for a pause that is short enough to wait for.
            waited = true;
            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    private async ValueTask<Answer<T>> TryAsync<T>(Slot slot, Func<TEndpoint, CancellationToken, ValueTask<Answer<T>>> operation, CancellationToken cancellationToken)
        where T : class
    {
        EndpointClient client = slot.Endpoint.Client;
        try
        {
            if (!slot.Connected)
            {
                await slot.Endpoint.ConnectAsync(cancellationToken);
                slot.Connected = true;
            }

            Answer<T> answer = await operation(slot.Endpoint, cancellationToken);
            Succeeded(slot);
            return answer;
        }
        catch (EndpointException exception)
        {
            if (exception.Error.Check is { } check)
            {
                client.ReportRefused(check, exception.Message);
            }

            Failed(slot, exception.Error);
            return exception.Kind == EndpointErrorKind.NotYet ? Answer<T>.NotYet(exception.Message) : Answer<T>.Unknown(exception.Message);
        }
        catch (EndpointRefusedException exception)
        {
            LogRefused(client.Chain, client.Name, exception.Message);
            slot.Refused = true;
            Rest(slot, RefusedCoolDown, certain: true, exception.Message);
            return Answer<T>.Unknown(exception.Message);
        }
    }

    /// <summary>The endpoints to try now: the fit ones in their order; when there are none, those that only cool down by our own choice, soonest first.</summary>
    private List<Slot> InTurn()
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            List<Slot> fit = [.. _slots.Where(slot => slot.RestsUntil <= now && slot.Endpoint.Client.Paused == TimeSpan.Zero).OrderBy(slot => slot.SetAsideUntil > now)];
            return fit.Count > 0
                ? fit
                : [.. _slots.Where(static slot => !slot.Certain && slot.Endpoint.Client.Paused == TimeSpan.Zero).OrderBy(static slot => slot.RestsUntil)];
        }
    }

    private TimeSpan Shortest(out string resting)
    {
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan shortest = TimeSpan.MaxValue;
        List<string> names = [];
        lock (_lock)
        {
            foreach (Slot slot in _slots)
            {
                TimeSpan paused = slot.Endpoint.Client.Paused;
                TimeSpan rests = slot.RestsUntil - now;
                TimeSpan left = rests > paused ? rests : paused;
                shortest = left < shortest ? left : shortest;
                names.Add($"endpoint '{slot.Endpoint.Client.Name}' is left alone for {left.TotalSeconds:0.#} s more");
            }
        }

        resting = string.Join("; ", names);
        return shortest;
    }

    private EndpointStanding Stand(Slot slot, int rank, long highest)
    {
        TimeSpan paused = slot.Endpoint.Client.Paused;
        return new EndpointStanding
        {
            Name = slot.Endpoint.Client.Name,
            Up = !slot.Down,
            Rank = rank,
            Reason = slot.Down ? slot.Reason : paused > TimeSpan.Zero ? $"it is left alone for {paused.TotalSeconds:0.#} s more" : null,
            ReasonKind = slot.Down ? (slot.Refused ? "refused" : "failing") : paused > TimeSpan.Zero ? "paused" : null,
            Head = slot.Head < 0 ? null : slot.Head,
            SinceHeadAdvanced = slot.Head < 0 ? null : _time.GetElapsedTime(slot.HeadAdvancedAt),
            Lag = slot.Head < 0 ? null : Math.Max(0, highest - slot.Head),
            PausedFor = paused,
        };
    }

    private void Told(Slot slot, long height)
    {
        lock (_lock)
        {
            if (height > slot.Head)
            {
                slot.HeadAdvancedAt = _time.GetTimestamp();
            }

            slot.Head = height;
        }
    }

    private void Succeeded(Slot slot)
    {
        lock (_lock)
        {
            slot.Down = false;
            slot.Refused = false;
            slot.Failures = 0;
            slot.RestsUntil = default;
            slot.Certain = false;
        }
    }

    private void Failed(Slot slot, EndpointError error)
    {
        switch (error.Kind)
        {
            case EndpointErrorKind.Transient:
                slot.Connected = false;
                double seconds = Math.Min(LongestCoolDown.TotalSeconds, FirstCoolDown.TotalSeconds * Math.Pow(2, Math.Min(slot.Failures++, 10)));
                Rest(slot, TimeSpan.FromSeconds(seconds), certain: false, error.Message);
                LogFailed(slot.Endpoint.Client.Chain, slot.Endpoint.Client.Name, error.Message);
                break;
            case EndpointErrorKind.AuthFailed:
                slot.Connected = false;
                Rest(slot, RefusedCoolDown, certain: true, error.Message);
                LogFailed(slot.Endpoint.Client.Chain, slot.Endpoint.Client.Name, error.Message);
                break;
            default:
                // Rate and quota pauses are the client's own; the other kinds say nothing about the endpoint's fitness for the next operation.
                break;
        }
    }

    private void Rest(Slot slot, TimeSpan duration, bool certain, string reason)
    {
        lock (_lock)
        {
            slot.RestsUntil = _time.GetUtcNow() + duration;
            slot.Certain = certain;
            slot.Down = true;
            slot.Reason = reason;
        }
    }

    [LoggerMessage(2010, LogLevel.Warning, "Chain {Chain}, endpoint {Endpoint}: not used for a while: {Reason}", EventName = "EndpointFailed")]
    private partial void LogFailed(string chain, string endpoint, string reason);

    [LoggerMessage(2011, LogLevel.Critical, "Chain {Chain}, endpoint {Endpoint}: refused, it serves another chain: {Reason}", EventName = "EndpointRefused")]
    private partial void LogRefused(string chain, string endpoint, string reason);

    private sealed class Slot(TEndpoint endpoint)
    {
        public TEndpoint Endpoint { get; } = endpoint;

        public bool Connected { get; set; }

        public bool Down { get; set; }

        public bool Refused { get; set; }

        public string? Reason { get; set; }

        public long Head { get; set; } = -1;

        public long HeadAdvancedAt { get; set; }

        public int Failures { get; set; }

        public DateTimeOffset RestsUntil { get; set; }

        public DateTimeOffset SetAsideUntil { get; set; }

        /// <summary>True where trying sooner is pointless: the endpoint is of another chain, or refuses us.</summary>
        public bool Certain { get; set; }
    }
}
