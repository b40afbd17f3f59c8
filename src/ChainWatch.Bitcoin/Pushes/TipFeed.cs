using Microsoft.Extensions.Logging;

namespace ChainWatch.Bitcoin;

/// <summary>
/// Wakes up whoever waits for the chain to move, as soon as one of some listeners hears of it. Nothing is ever credited from what they hear, and listeners that are silent or lie cost nothing but
/// time, because the chain is polled as well.
/// </summary>
/// <remarks>Listening begins when somebody first waits, and ends when nobody has waited for a while.</remarks>
internal sealed partial class TipFeed
{
    private static readonly TimeSpan NobodyWaits = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(1);

    private readonly string _chain;
    private readonly IReadOnlyList<ITipListener> _listeners;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RetryBackoff _backoff;
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource<ChainPoint?>> _waiting = [];
    private readonly ITimer _idle;
    private Action? _endListening;
    private ChainPoint? _announced;
    private bool _changed;
    private long _lastWaited;

    /// <param name="chain">The chain's name, for the log.</param>
    /// <param name="listeners">What listens.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Where lost connections are told.</param>
    /// <param name="seed">The seed of the jitter of reconnections.</param>
    public TipFeed(string chain, IReadOnlyList<ITipListener> listeners, TimeProvider timeProvider, ILogger logger, int seed = 0)
    {
        _chain = chain;
        _listeners = listeners;
        _time = timeProvider;
        _logger = logger;
        _backoff = new RetryBackoff(FirstBackoff, LongestBackoff, seed, least: 0.5);
        _idle = timeProvider.CreateTimer(_ => EndIfNobodyWaits(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes at the next announcement, or at once when there was one since the last wait.</summary>
    public async ValueTask<ChainPoint?> WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<ChainPoint?> waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _lastWaited = _time.GetTimestamp();
            if (_changed)
            {
                _changed = false;
                return _announced;
            }

            _waiting.Add(waiting);
            if (_endListening is null)
            {
                Begin();
            }
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken));
        try
        {
            return await waiting.Task;
        }
        finally
        {
            lock (_lock)
            {
                _waiting.Remove(waiting);
                _lastWaited = _time.GetTimestamp();
            }
        }
    }

    /// <summary>Drops all connections and opens them anew.</summary>
    public void Restart()
    {
        Action? before;
        lock (_lock)
        {
            before = _endListening;
            if (before is null)
            {
                return;
            }

            Begin();
        }

        // What hangs on the token must not run on the thread of who asks.
        ThreadPool.UnsafeQueueUserWorkItem(static end => end(), before, preferLocal: false);
    }

    /// <summary>Starts all listeners. They run beside their waiters and end when their token says so; all that can go wrong in them is handled in them.</summary>
    private void Begin()
    {
        // It has no timer, so there is nothing in it to dispose.
        CancellationTokenSource listening = new();
        _endListening = listening.Cancel;
        _idle.Change(NobodyWaits, NobodyWaits);
        foreach (ITipListener listener in _listeners)
        {
            _ = ListenAsync(listener, listening.Token);
        }
    }

    private void EndIfNobodyWaits()
    {
        Action? before;
        lock (_lock)
        {
            if (_waiting.Count > 0 || _time.GetElapsedTime(_lastWaited) < NobodyWaits)
            {
                return;
            }

            before = _endListening;
            _endListening = null;
            _idle.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        before?.Invoke();
    }

    private async Task ListenAsync(ITipListener listener, CancellationToken cancellationToken)
    {
        // The caller holds the lock, and a listener may take long until its first wait.
        await Task.Yield();
        int failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            bool heard = false;
            try
            {
                await listener.ListenAsync(
                    point =>
                    {
                        heard = true;
                        Announce(point);
                    },
                    cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is EndpointException or IOException or System.Net.Sockets.SocketException or OperationCanceledException)
            {
                LogFeedLost(_chain, listener.Name, exception is EndpointException or IOException ? exception.Message : exception.GetType().Name);
            }

            failures = heard ? 1 : failures + 1;
            try
            {
                await Task.Delay(_backoff.After(failures - 1), _time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Announce(ChainPoint? point)
    {
        TaskCompletionSource<ChainPoint?>[] waiting;
        lock (_lock)
        {
            waiting = [.. _waiting];
            _waiting.Clear();
            _changed = waiting.Length == 0;
            _announced = point;
        }

        foreach (TaskCompletionSource<ChainPoint?> one in waiting)
        {
            one.TrySetResult(point);
        }
    }

    [LoggerMessage(2022, LogLevel.Warning, "Chain {Chain}: the feed of new blocks from {Source} was lost and is opened again; the chain is polled meanwhile: {Reason}", EventName = "TipFeedLost")]
    private partial void LogFeedLost(string chain, string source, string reason);
}
