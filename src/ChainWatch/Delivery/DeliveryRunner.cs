using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Hands events from the outbox to the handlers: any instance does, leader or not. A handler that fails is tried again and at last parked; one that hangs is given up
/// on after its time; neither holds up other payments, let alone the chain.
/// </summary>
internal sealed class DeliveryRunner
{
    private readonly IWatchStore _store;
    private readonly Func<PaymentContext, CancellationToken, Task> _handle;
    private readonly DeliveryOptions _options;
    private readonly ChainWatchMetrics _metrics;
    private readonly EngineSignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RetryBackoff _backoff;
    private int _blocked;
    private volatile bool _isBlockedTold;

    /// <param name="store">The store, initialized.</param>
    /// <param name="handle">Runs all handlers for one event.</param>
    /// <param name="options">How to deliver.</param>
    /// <param name="metrics">The instruments.</param>
    /// <param name="signals">What the stations tell each other.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public DeliveryRunner(IWatchStore store, Func<PaymentContext, CancellationToken, Task> handle, DeliveryOptions options, ChainWatchMetrics metrics, EngineSignals signals, TimeProvider time, ILogger logger)
    {
        _store = store;
        _handle = handle;
        _options = options;
        _metrics = metrics;
        _signals = signals;
        _time = time;
        _logger = logger;
        _backoff = new RetryBackoff(options.FirstRetry, options.MaxRetry, options.Seed != 0 ? options.Seed : HashCode.Combine(time.GetTimestamp(), Environment.ProcessId));
    }

    /// <summary>How many handlers may hold a thread after they were given up on: all attempts at some payments that make theirs block, and no process without threads.</summary>
    internal int MostBlocked { get; init; } = 64;

    /// <summary>Delivers until cancelled, then lets the handlers under way finish within <see cref="DeliveryOptions.DrainTimeout"/>, and returns.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource handlers = new(Timeout.InfiniteTimeSpan, _time);
        await using CancellationTokenRegistration stopping = cancellationToken.Register(() => handlers.CancelAfter(_options.DrainTimeout));
        HashSet<Task> underWay = [];
        int failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                underWay.RemoveWhere(static task => task.IsCompleted);
                if (underWay.Count >= _options.Parallelism)
                {
                    await Task.WhenAny(underWay).WaitAsync(cancellationToken);
                    continue;
                }

                if (IsBlocked())
                {
                    await Task.Delay(_options.PollInterval, _time, cancellationToken);
                    continue;
                }

                long version = _signals.Outbox.Version;
                Delivery? delivery = await _store.TakeDeliveryAsync(_time.GetUtcNow(), cancellationToken);
                failures = 0;
                if (delivery is not null)
                {
                    underWay.Add(DeliverOnAsync(delivery, handlers.Token, cancellationToken));
                }
                else
                {
                    // An acknowledged event may free the next one of its payment: whoever acknowledged it looks for that itself.
                    await _signals.Outbox.WaitAsync(version, _options.PollInterval, _time, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                TimeSpan wait = _backoff.After(failures++);
                DeliveryLog.OutboxFailed(_logger, wait, exception);
                try
                {
                    await Task.Delay(wait, _time, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }
        }

        await Task.WhenAll(underWay);
    }

    /// <summary>Delivers, and goes on with what is due next until nothing is: so taking is done side by side as well, and not once for all by who looks out.</summary>
    private async Task DeliverOnAsync(Delivery first, CancellationToken handlers, CancellationToken stopping)
    {
        Delivery? delivery = first;
        while (delivery is not null)
        {
            (bool delivered, delivery) = await DeliverAsync(delivery, handlers, stopping);
            if (delivered || stopping.IsCancellationRequested)
            {
                continue;
            }

            if (IsBlocked())
            {
                return;
            }

            try
            {
                delivery = await _store.TakeDeliveryAsync(_time.GetUtcNow(), stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // Who looks out meets the same failure, tells it, and waits.
                _signals.Outbox.Pulse();
                return;
            }
        }
    }

    /// <summary>Whether it was delivered; then also what is due next.</summary>
    private async Task<(bool Delivered, Delivery? Next)> DeliverAsync(Delivery delivery, CancellationToken cancellationToken, CancellationToken stopping)
    {
        PaymentEvent one = delivery.Event;
        long started = _time.GetTimestamp();
        try
        {
            await using (delivery)
            {
                Delivery? next = null;
                string? error = await HandleAsync(delivery, cancellationToken);
                if (error is null)
                {
                    (error, next) = await AcknowledgeAsync(delivery, stopping);
                }

                if (error is null)
                {
                    _metrics.Delivered(one, _time.GetElapsedTime(started));
                    return (true, next);
                }

                if (cancellationToken.IsCancellationRequested)
                {
                    // Not the handler's fault: left as it was, for whoever comes next.
                    return default;
                }

                await PutBackAsync(delivery, error);
            }
        }
        catch (Exception exception)
        {
            // The store could not take the answer: the event is still due, for this instance or another one.
            DeliveryLog.AnswerFailed(_logger, one.Payment.Chain, one.Sequence, exception);
        }

        return default;
    }

    private async Task PutBackAsync(Delivery delivery, string error)
    {
        PaymentEvent one = delivery.Event;
        if (delivery.Attempt >= _options.MaxAttempts)
        {
            await delivery.ParkAsync(_time.GetUtcNow(), error, CancellationToken.None);
            _metrics.DeliveryFailed(one, parked: true);
            DeliveryLog.Parked(_logger, one.Payment.Chain, one.Payment.TransactionId, one.Payment.Id.Ordinal, one.Sequence, delivery.Attempt, error);
        }
        else
        {
            TimeSpan wait = _backoff.After(delivery.Attempt - 1);
            await delivery.RetryAsync(_time.GetUtcNow() + wait, error, CancellationToken.None);
            _metrics.DeliveryFailed(one, parked: false);
            DeliveryLog.Failed(_logger, one.Payment.Chain, one.Payment.TransactionId, one.Payment.Id.Ordinal, one.Sequence, delivery.Attempt, wait, error);
        }
    }

    /// <summary>Whether so many handlers that were given up on still hold a thread that no more are begun; what is due stays due, for others too.</summary>
    private bool IsBlocked()
    {
        if (Volatile.Read(ref _blocked) < MostBlocked)
        {
            _isBlockedTold = false;
            return false;
        }

        if (!_isBlockedTold)
        {
            _isBlockedTold = true;
            DeliveryLog.HandlersBlocked(_logger, MostBlocked, _options.HandlerTimeout);
        }

        return true;
    }

    /// <summary>Runs the handlers. <see langword="null"/> when they succeeded, else what went wrong.</summary>
    private async Task<string?> HandleAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.HandlerTimeout, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Task<Task>? begun = null;
        try
        {
            // The wait ends even when the handler does not look at its token, and also when it blocks its thread, which must not be the one that takes the next event.
            TaskScheduler scheduler = SynchronizationContext.Current is null ? TaskScheduler.Default : TaskScheduler.FromCurrentSynchronizationContext();
            begun = Task.Factory.StartNew(() => _handle(new PaymentContext(delivery), both.Token), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
            await begun.Unwrap().WaitAsync(both.Token);
            return null;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            if (begun is { IsCompleted: false })
            {
                Interlocked.Increment(ref _blocked);
                _ = begun.ContinueWith(_ => Interlocked.Decrement(ref _blocked), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            return $"the handler took longer than {_options.HandlerTimeout}";
        }
        catch (Exception exception)
        {
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    /// <summary>
    /// Acknowledges. <see langword="null"/> when that succeeded, else what went wrong: what the handler wrote may be the reason (a statement of its that failed, a
    /// constraint that is checked at the end), so it counts as a failed attempt. Where only the answer was lost, the store knows better than to put the event back.
    /// </summary>
    private async Task<(string? Error, Delivery? Next)> AcknowledgeAsync(Delivery delivery, CancellationToken stopping)
    {
        try
        {
            // Once the handler has done its work, stopping must not undo it.
            if (!stopping.IsCancellationRequested)
            {
                return (null, await delivery.AcknowledgeAndTakeAsync(_time.GetUtcNow(), CancellationToken.None));
            }

            await delivery.AcknowledgeAsync(CancellationToken.None);
            return default;
        }
        catch (Exception exception)
        {
            return ($"it could not be acknowledged: {exception.GetType().Name}: {exception.Message}", null);
        }
    }
}
