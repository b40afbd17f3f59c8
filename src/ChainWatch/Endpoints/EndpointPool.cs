using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// The endpoints of a chain, which behave like one good one. An operation runs on the one that ranks first (its answers pass their checks, it is current, it is reliable, it is fast); when that one fails, or does
/// not know, it runs on the next. An endpoint that failed cools down, and comes back when a real operation succeeds on it, because only that proves that it works. The last one left is never dropped.
/// </summary>
/// <remarks>An operation runs on one endpoint as a whole, so that what it puts together comes from one node as far as a client can tell.</remarks>
/// <typeparam name="TEndpoint">The chain family's endpoint.</typeparam>
public sealed partial class EndpointPool<TEndpoint>
    where TEndpoint : class, IPooledEndpoint
{
    private static readonly TimeSpan BarredCoolDown = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SetAside = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>How long an endpoint that failed may take on its trial while a healthy one could answer: a sick one must not stall it.</summary>
    private static readonly TimeSpan LongestTipTrial = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestTrial = TimeSpan.FromSeconds(10);

    private readonly EndpointSlot<TEndpoint>[] _slots;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TipLooks<TEndpoint> _looks;
    private readonly Lock _lock = new();
    private EndpointRating? _first;

    /// <summary>Creates a pool.</summary>
    /// <param name="endpoints">The endpoints, in the order in which they are preferred where they are about equal; at least one.</param>
    /// <param name="timeProvider">The clock of cool-downs.</param>
    /// <param name="logger">Where switches and refusals are told.</param>
    public EndpointPool(IReadOnlyList<TEndpoint> endpoints, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.Count == 0)
        {
            throw new ArgumentException("A pool needs at least one endpoint.", nameof(endpoints));
        }

        _slots = [.. endpoints.Select(static endpoint => new EndpointSlot<TEndpoint>(endpoint))];
        _time = timeProvider;
        _logger = logger;
        _looks = new TipLooks<TEndpoint>(this, timeProvider);
        foreach (EndpointSlot<TEndpoint> slot in _slots)
        {
            slot.Client.HeadTold = height => Told(slot.Rating, height);
            slot.Client.KeysRenewed = () => Renewed(slot.Rating);
        }
    }

    /// <summary>The endpoints, in the order in which they were configured.</summary>
    public IEnumerable<TEndpoint> Endpoints => _slots.Select(static slot => slot.Endpoint);

    internal Lock Guard => _lock;

    internal HeadAgreement Agreement { get; } = new();

    internal IReadOnlyList<EndpointSlot<TEndpoint>> Slots => _slots;

    /// <summary>The endpoints that may serve what is being asked.</summary>
    private IEnumerable<EndpointSlot<TEndpoint>> Allowed => _slots.Where(static slot => EndpointChoice.Allows(slot.Client.Name));

    /// <summary>How the endpoints stand now, in the order in which they are asked.</summary>
    public IReadOnlyList<EndpointStanding> ReadStandings()
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            List<EndpointRating> order = EndpointOrder.Sort(_slots.Where(slot => IsFit(slot, now)).Select(static slot => slot.Rating), _first, now);
            order.AddRange(_slots.Where(slot => !IsFit(slot, now)).Select(static slot => slot.Rating));
            return [.. order.Select((rating, index) => _slots.First(slot => slot.Rating == rating).Stand(index + 1, now))];
        }
    }

    /// <summary>Lets every endpoint prove again, before it is next used, that it serves this chain, forgets which head was seen, and asks again those that rest because they failed.</summary>
    public void Reconnect()
    {
        lock (_lock)
        {
            Agreement.Forget();
            foreach (EndpointSlot<TEndpoint> slot in _slots)
            {
                slot.Connected = false;
                slot.Rating.ForgetHead();

                // Who connects anew does so because nothing else helps: whoever rests may be the one that does.
                slot.Rating.EndRest();
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
                order[0].Rating.SetAsideUntil = _time.GetUtcNow() + SetAside;
                order[0].Client.ReportDemoted("set-aside");
            }
        }
    }

    /// <summary>Takes the next of an endpoint's keys into use.</summary>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <returns>False where no endpoint has that name, or it has no other usable key.</returns>
    public bool RotateKey(string endpoint) =>
        _slots.FirstOrDefault(slot => string.Equals(slot.Client.Name, endpoint, StringComparison.OrdinalIgnoreCase))?.Client.RotateKey() ?? false;

    /// <summary>
    /// Reads the head of the chain, so that the answer is one that the endpoints agree on, and never behind what was read before while one can tell more. A slow endpoint is overtaken by the next one; the
    /// others are asked now and then, beside, so that it is known how they stand. Several who ask at the same time share one look.
    /// </summary>
    /// <param name="read">Reads the head from one endpoint, and tells it to <see cref="EndpointClient.ReportHead"/>.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The head; <see cref="AnswerKind.Unknown"/> where no endpoint told one, or all are behind what was read before.</returns>
    public ValueTask<Answer<ChainTip>> ReadTipAsync(Func<TEndpoint, CancellationToken, ValueTask<Answer<ChainTip>>> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        return _looks.ReadAsync(read, cancellationToken);
    }

    /// <summary>Runs an operation on the endpoints until one has an answer.</summary>
    /// <typeparam name="T">What is asked for.</typeparam>
    /// <param name="operation">
    /// The operation. <see cref="AnswerKind.Found"/> and <see cref="AnswerKind.NotYet"/> end the search, the latter only where the endpoint is not behind others; <see cref="AnswerKind.Unknown"/> and an
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
        Answer<T>? notYet = null;
        while (true)
        {
            List<EndpointSlot<TEndpoint>> order = InTurn();
            foreach (EndpointSlot<TEndpoint> slot in order)
            {
                Answer<T> answer = await TryAsync(slot, operation, tip: false, LimitOf(slot, order, tip: false), cancellationToken);
                if (answer.IsFound || (answer.Kind == AnswerKind.NotYet && !IsBehind(slot)))
                {
                    return answer;
                }

                notYet = answer.Kind == AnswerKind.NotYet ? answer : notYet;
                reasons.Add(answer.Reason ?? $"endpoint '{slot.Client.Name}' does not know");
            }

            if (notYet is { } late)
            {
                return late;
            }

            if (order.Count > 0 || waited || !await WaitAsync(reasons, cancellationToken))
            {
                return Answer<T>.Unknown(string.Join("; ", reasons));
            }

            waited = true;
        }
    }

    /// <summary>Waits until an endpoint may be asked again, where all of them asked for a pause. False, and why, where that is too long to wait for.</summary>
    internal async ValueTask<bool> WaitAsync(List<string> reasons, CancellationToken cancellationToken)
    {
        TimeSpan wait = Shortest(out string resting);
        reasons.Add(resting);
        if (wait > LongestWait)
        {
            return false;
        }

        await Task.Delay(wait, _time, cancellationToken);
        return true;
    }

    /// <summary>Runs an operation on one endpoint.</summary>
    /// <param name="slot">The endpoint.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="tip">Whether it asks for the head.</param>
    /// <param name="longestTrial">How long it may take where the endpoint failed before; <see langword="null"/> for as long as requests may.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async ValueTask<Answer<T>> TryAsync<T>(
        EndpointSlot<TEndpoint> slot, Func<TEndpoint, CancellationToken, ValueTask<Answer<T>>> operation, bool tip, TimeSpan? longestTrial, CancellationToken cancellationToken)
        where T : class
    {
        bool trial = BeginTrial(slot.Rating, tip);
        using CancellationTokenSource? limit = trial && longestTrial is { } most ? new CancellationTokenSource(most, _time) : null;
        using CancellationTokenSource? either = limit is null ? null : CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        CancellationToken token = either?.Token ?? cancellationToken;
        try
        {
            if (!slot.Connected)
            {
                await slot.Endpoint.ConnectAsync(token);
                slot.Connected = true;
            }

            long started = _time.GetTimestamp();
            Answer<T> answer = await operation(slot.Endpoint, token);
            Succeeded(slot, tip, _time.GetElapsedTime(started));
            return answer;
        }
        catch (EndpointException exception)
        {
            Failed(slot, exception.Error, tip);
            return exception.Kind == EndpointErrorKind.NotYet ? Answer<T>.NotYet(exception.Message) : Answer<T>.Unknown(exception.Message);
        }
        catch (EndpointRefusedException exception)
        {
            LogRefused(slot.Client.Chain, slot.Client.Name, exception.Message);
            Bar(slot, exception.Message, tip, refused: true);
            return Answer<T>.Unknown(exception.Message);
        }
        catch (OperationCanceledException) when (limit is { IsCancellationRequested: true } && !cancellationToken.IsCancellationRequested)
        {
            EndpointError slow = new()
            {
                Kind = EndpointErrorKind.Transient,
                Message = string.Create(CultureInfo.InvariantCulture, $"endpoint '{slot.Client.Name}': it failed before, and did not answer within {longestTrial!.Value.TotalSeconds:0.#} s now"),
            };
            Failed(slot, slow, tip);
            return Answer<T>.Unknown(slow.Message);
        }
        finally
        {
            if (trial)
            {
                lock (_lock)
                {
                    slot.Rating.OnTrial = false;
                }
            }
        }
    }

    /// <summary>How long an endpoint's trial may last; nothing where no healthy one waits behind it.</summary>
    internal TimeSpan? LimitOf(EndpointSlot<TEndpoint> slot, List<EndpointSlot<TEndpoint>> order, bool tip)
    {
        lock (_lock)
        {
            return order.Exists(other => other != slot && !other.Rating.Down) ? (tip ? LongestTipTrial : LongestTrial) : null;
        }
    }

    /// <summary>The endpoints to try now, by rank; when none is fit, those that only cool down by our own choice, soonest first.</summary>
    internal List<EndpointSlot<TEndpoint>> InTurn()
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            List<EndpointRating> order = EndpointOrder.Sort(Allowed.Where(slot => IsFit(slot, now)).Select(static slot => slot.Rating), _first, now);
            if (order.Count == 0)
            {
                return [.. Allowed.Where(static slot => !slot.Rating.Certain && slot.Client.Paused == TimeSpan.Zero).OrderBy(static slot => slot.Rating.RestsUntil)];
            }

            if (EndpointChoice.IsFree && _first != order[0])
            {
                _first = order[0];
                LogFirst(_slots[0].Client.Chain, order[0].Name);
            }

            return [.. order.Select(rating => _slots.First(slot => slot.Rating == rating))];
        }
    }

    /// <summary>An endpoint's answer did not pass a check.</summary>
    internal void Doubt(EndpointSlot<TEndpoint> slot, string check, string reason)
    {
        slot.Client.ReportRefused(check, reason);
        Demoting(slot, () =>
        {
            slot.Rating.Doubt(reason, _time.GetUtcNow());
            Agreement.Doubt(slot.Rating, _slots.Select(static one => one.Rating));
        });
    }

    /// <summary>Changes what is known about an endpoint, and tells it where that puts it behind others for another reason than before.</summary>
    internal void Demoting(EndpointSlot<TEndpoint> slot, Action change)
    {
        string? before;
        string? after;
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            before = slot.Rating.KindAt(now, TimeSpan.Zero);
            change();
            after = slot.Rating.KindAt(now, TimeSpan.Zero);
        }

        if (after is not null && !string.Equals(before, after, StringComparison.Ordinal))
        {
            slot.Client.ReportDemoted(after);
        }
    }

    private static bool IsFit(EndpointSlot<TEndpoint> slot, DateTimeOffset now) =>
        slot.Rating.RestsUntil <= now && !(slot.Rating.Down && slot.Rating.OnTrial) && slot.Client.Paused == TimeSpan.Zero;

    private bool BeginTrial(EndpointRating rating, bool tip)
    {
        lock (_lock)
        {
            rating.LookedAt = tip ? _time.GetUtcNow() : rating.LookedAt;
            bool trial = rating is { Down: true, OnTrial: false };
            rating.OnTrial |= trial;
            return trial;
        }
    }

    private bool IsBehind(EndpointSlot<TEndpoint> slot)
    {
        lock (_lock)
        {
            return slot.Rating.Head < Agreement.Height;
        }
    }

    private TimeSpan Shortest(out string resting)
    {
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan shortest = TimeSpan.MaxValue;
        List<string> names = [];
        lock (_lock)
        {
            foreach (EndpointSlot<TEndpoint> slot in Allowed)
            {
                TimeSpan paused = slot.Client.Paused;
                TimeSpan rests = slot.Rating.RestsUntil - now;
                TimeSpan left = rests > paused ? rests : paused;
                shortest = left < shortest ? left : shortest;
                names.Add($"endpoint '{slot.Client.Name}' is left alone for {left.TotalSeconds:0.#} s more");
            }
        }

        resting = names.Count == 0 ? "there is no endpoint that may be asked this" : string.Join("; ", names);
        return shortest;
    }

    private void Told(EndpointRating rating, long height)
    {
        DateTimeOffset now = _time.GetUtcNow();
        EndpointSlot<TEndpoint> slot = _slots.First(slot => slot.Rating == rating);
        Demoting(slot, () =>
        {
            rating.Told(height, Agreement.Reference(_slots.Select(static one => one.Rating), now), now);
            Agreement.Heard(height, rating);
        });
    }

    private void Renewed(EndpointRating rating)
    {
        lock (_lock)
        {
            rating.Lift();
        }
    }

    private void Succeeded(EndpointSlot<TEndpoint> slot, bool tip, TimeSpan duration)
    {
        bool back;
        lock (_lock)
        {
            back = slot.Rating.Down;
            slot.Rating.Succeeded(tip, duration);
            back &= !slot.Rating.Down;
        }

        if (back)
        {
            LogBack(slot.Client.Chain, slot.Client.Name);
        }
    }

    private void Failed(EndpointSlot<TEndpoint> slot, EndpointError error, bool tip)
    {
        if (error.Check is { } check)
        {
            Doubt(slot, check, error.Message);
        }

        switch (error.Kind)
        {
            case EndpointErrorKind.Transient:
            case EndpointErrorKind.Unsupported or EndpointErrorKind.ClientBug when error.NoConnection:
                slot.Connected = false;
                // One that rests is asked where nobody else may answer, again and again maybe: it was told when the rest began.
                bool told = false;
                Demoting(slot, () =>
                {
                    told = slot.Rating.RestsUntil > _time.GetUtcNow();
                    slot.Rating.Failed(tip, error.Message, error.RetryAfter, _time.GetUtcNow());
                });
                if (!told)
                {
                    LogFailed(slot.Client.Chain, slot.Client.Name, error.Message);
                }

                break;
            case EndpointErrorKind.AuthFailed:
                slot.Connected = false;
                Bar(slot, error.Message, tip, refused: false);
                LogFailed(slot.Client.Chain, slot.Client.Name, error.Message);
                break;
            case EndpointErrorKind.ClientBug:
                LogClientBug(slot.Client.Chain, slot.Client.Name, error.Message);
                break;
            case EndpointErrorKind.RateLimited or EndpointErrorKind.QuotaExhausted when !error.IsKnown:
                // The pause is the client's own.
                slot.Client.ReportDemoted("paused");
                break;
            default:
                // What the endpoint does not know, does not have yet or does not support says nothing about its fitness for the next operation.
                break;
        }
    }

    private void Bar(EndpointSlot<TEndpoint> slot, string reason, bool tip, bool refused) =>
        Demoting(slot, () => slot.Rating.Barred(tip, reason, BarredCoolDown, refused, _time.GetUtcNow()));

    [LoggerMessage(2010, LogLevel.Warning, "Chain {Chain}, endpoint {Endpoint}: not used for a while: {Reason}", EventName = "EndpointFailed")]
    private partial void LogFailed(string chain, string endpoint, string reason);

    [LoggerMessage(2011, LogLevel.Critical, "Chain {Chain}, endpoint {Endpoint}: refused, it serves another chain: {Reason}", EventName = "EndpointRefused")]
    private partial void LogRefused(string chain, string endpoint, string reason);

    [LoggerMessage(2012, LogLevel.Information, "Chain {Chain}, endpoint {Endpoint}: asked first from now on", EventName = "EndpointFirst")]
    private partial void LogFirst(string chain, string endpoint);

    [LoggerMessage(2013, LogLevel.Information, "Chain {Chain}, endpoint {Endpoint}: answers again", EventName = "EndpointBack")]
    private partial void LogBack(string chain, string endpoint);

    [LoggerMessage(2014, LogLevel.Error, "Chain {Chain}, endpoint {Endpoint}: a request that it calls wrong, which is a fault of ChainWatch or of the endpoint: {Reason}", EventName = "EndpointRequestWrong")]
    private partial void LogClientBug(string chain, string endpoint, string reason);
}
