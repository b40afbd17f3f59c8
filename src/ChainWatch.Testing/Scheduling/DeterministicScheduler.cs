using System.Globalization;
using System.Runtime.ExceptionServices;

namespace ChainWatch.Testing;

/// <summary>
/// Runs asynchronous code on one thread, at virtual time, in an order that a seed decides. Whatever code under it awaits resumes here, one continuation at a time, as
/// long as it neither uses <c>ConfigureAwait(false)</c> nor hops to the thread pool; ChainWatch does neither. So a run of the whole engine, with all its interleavings,
/// timeouts and restarts, happens in milliseconds and can be repeated exactly.
/// </summary>
/// <remarks>Use it from one thread. Exceptions that nobody would see (from posted work, or from tasks that were started here) are thrown by the method that runs the scheduler.</remarks>
public sealed class DeterministicScheduler
{
    private readonly Lock _lock = new();
    private readonly List<WorkItem> _ready = [];
    private readonly List<Task> _started = [];
    private readonly Queue<Exception> _failures = new();
    private readonly SeededRandom? _order;
    private int _thread;

    /// <summary>Creates a scheduler that runs what is ready in the order in which it became ready.</summary>
    /// <param name="time">The clock that it may move.</param>
    public DeterministicScheduler(ManualTimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        Time = time;
        _thread = Environment.CurrentManagedThreadId;
        MainProcess = new SimulatedProcess(this, "main");
    }

    /// <summary>Creates a scheduler that runs what is ready in a random order. Correct asynchronous code does not depend on it, so another seed is another test.</summary>
    /// <param name="time">The clock that it may move.</param>
    /// <param name="seed">Decides the order.</param>
    public DeterministicScheduler(ManualTimeProvider time, long seed)
        : this(time)
    {
        _order = new SeededRandom(seed);
    }

    /// <summary>The clock.</summary>
    public ManualTimeProvider Time { get; }

    /// <summary>The process in which work runs that names no other. It is never killed.</summary>
    public SimulatedProcess MainProcess { get; }

    /// <summary>How many continuations have run.</summary>
    public long Steps { get; private set; }

    /// <summary>How many continuations are ready to run.</summary>
    public int ReadyCount
    {
        get
        {
            lock (_lock)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>How many continuations a single call may run before it gives up: what would be an endless loop is a clear failure instead.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxSteps { get; set; } = 1_000_000;

    /// <summary>
    /// Whether continuations may come from other threads while the scheduler runs. They make a run unrepeatable, so by default one is reported as a failure, with the
    /// place it came from.
    /// </summary>
    public bool AllowOtherThreads { get; set; }

    /// <summary>Called before each continuation with the number of those that ran before it; it may kill processes, cancel tokens or change the simulated chain.</summary>
    public Action<long>? BeforeStep { get; set; }

    /// <summary>Creates a process: a group of continuations that can be killed together.</summary>
    public SimulatedProcess CreateProcess(string name) => new(this, name);

    /// <summary>Begins work in the main process. Its exception, if any, is thrown by the method that runs the scheduler.</summary>
    public void Start(Func<Task> work) => _ = Begin(MainProcess, work);

    /// <summary>Begins work in a process. Its exception, if any, is thrown by the method that runs the scheduler; when the process is killed, its task never ends.</summary>
    public void Start(SimulatedProcess process, Func<Task> work) => _ = Begin(process, work);

    /// <summary>Runs work in the main process to its end, moving the clock where it has to.</summary>
    /// <returns>What the work returned.</returns>
    /// <exception cref="DeterministicSchedulerException">The work waits for something that never comes, or does not end.</exception>
    public T Run<T>(Func<Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        T result = default!;
        RunToEnd(Begin(MainProcess, async () => result = await work()));
        return result;
    }

    /// <summary>Runs work in the main process to its end, moving the clock where it has to.</summary>
    /// <exception cref="DeterministicSchedulerException">The work waits for something that never comes, or does not end.</exception>
    public void Run(Func<Task> work) => RunToEnd(Begin(MainProcess, work));

    /// <summary>Runs all that is ready, and what becomes ready by it, without moving the clock.</summary>
    /// <exception cref="DeterministicSchedulerException">It does not end within <see cref="MaxSteps"/>.</exception>
    public void RunUntilIdle()
    {
        int steps = 0;
        while (Step())
        {
            CheckBound(++steps);
        }
    }

    /// <summary>Runs what is ready, but no more than a number of continuations, and without moving the clock: it stops in the middle of whatever goes on.</summary>
    /// <returns>How many continuations ran.</returns>
    public int RunSteps(int count)
    {
        int steps = 0;
        while (steps < count && Step())
        {
            steps++;
        }

        return steps;
    }

    /// <summary>Runs all that is ready; then moves the clock to the next timer and runs what it sets free.</summary>
    /// <returns>False when no timer is set: nothing will ever happen again by itself.</returns>
    public bool AdvanceToNextTimer()
    {
        RunUntilIdle();
        bool advanced = Time.AdvanceToNextTimer();
        RunUntilIdle();
        return advanced;
    }

    /// <summary>Moves the clock forward, timer by timer, and runs all that becomes ready on the way.</summary>
    /// <exception cref="DeterministicSchedulerException">It does not end within <see cref="MaxSteps"/>.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        DateTimeOffset target = Time.GetUtcNow() + by;
        int timers = 0;
        RunUntilIdle();
        while (Time.NextTimerAt is { } next && next <= target)
        {
            CheckBound(++timers);
            AdvanceToNextTimer();
        }

        Time.Advance(target - Time.GetUtcNow());
        RunUntilIdle();
    }

    /// <summary>Runs, and moves the clock timer by timer, until a condition holds.</summary>
    /// <param name="condition">Looked at between continuations.</param>
    /// <param name="limit">How far the clock may move.</param>
    /// <returns>False when the clock would have to move farther, or no timer is set any more.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        DateTimeOffset until = Time.GetUtcNow() + limit;
        int steps = 0;
        while (true)
        {
            if (condition())
            {
                return true;
            }

            CheckBound(++steps);
            if (Step())
            {
                continue;
            }

            if (Time.NextTimerAt is not { } next || next > until)
            {
                return false;
            }

            Time.AdvanceToNextTimer();
        }
    }

    internal void Enqueue(SimulatedProcess process, SendOrPostCallback callback, object? state, bool checkThread)
    {
        lock (_lock)
        {
            if (process.IsKilled)
            {
                return;
            }

            if (!AllowOtherThreads && checkThread && Environment.CurrentManagedThreadId != _thread)
            {
                _failures.Enqueue(new DeterministicSchedulerException(
                    $"A continuation of '{process.Name}' came from another thread, so this run cannot be repeated. The code under test left the scheduler " +
                    $"(ConfigureAwait(false), Task.Run, a thread-pool timer or real input and output). It came from:{Environment.NewLine}{Environment.StackTrace}"));
            }

            _ready.Add(new WorkItem(process, callback, state));
        }
    }

    internal void Drop(SimulatedProcess process)
    {
        lock (_lock)
        {
            _ready.RemoveAll(item => item.Process == process);
        }
    }

    private Task Begin(SimulatedProcess process, Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(work);
        TaskCompletionSource<Task> begun = new();
        Enqueue(
            process,
            _ =>
            {
                try
                {
                    begun.SetResult(work());
                }
                catch (Exception exception)
                {
                    begun.SetResult(Task.FromException(exception));
                }
            },
            null,
            checkThread: false);
        Task task = begun.Task.Unwrap();
        _started.Add(task);
        return task;
    }

    private void RunToEnd(Task task)
    {
        int steps = 0;
        while (!task.IsCompleted)
        {
            CheckBound(++steps);
            if (!Step() && !task.IsCompleted && !Time.AdvanceToNextTimer())
            {
                throw new DeterministicSchedulerException("The work waits for something that never comes: nothing is ready to run, and no timer is set.");
            }
        }

        ThrowFailures();
    }

    private bool Step()
    {
        WorkItem item = default;
        lock (_lock)
        {
            _thread = Environment.CurrentManagedThreadId;
            int index = NextIndex();
            if (index >= 0)
            {
                item = _ready[index];
                _ready.RemoveAt(index);
            }
        }

        if (item.Callback is null)
        {
            ThrowFailures();
            return false;
        }

        BeforeStep?.Invoke(Steps);
        Steps++;
        // The hook may have killed the process that this continuation belongs to.
        if (!item.Process.IsKilled)
        {
            Invoke(item);
        }

        ThrowFailures();
        return true;
    }

    /// <summary>Which of the ready continuations is next; -1 when there is none, or all belong to paused processes.</summary>
    private int NextIndex()
    {
        int runnable = _ready.Count(static item => !item.Process.IsPaused);
        if (runnable == 0)
        {
            return -1;
        }

        int skip = _order is null || runnable == 1 ? 0 : _order.Next(runnable);
        for (int index = 0; ; index++)
        {
            if (!_ready[index].Process.IsPaused && skip-- == 0)
            {
                return index;
            }
        }
    }

    private void Invoke(WorkItem item)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(item.Process);
        try
        {
            item.Callback(item.State);
        }
        catch (Exception exception)
        {
            _failures.Enqueue(exception);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void ThrowFailures()
    {
        for (int index = _started.Count - 1; index >= 0; index--)
        {
            Task task = _started[index];
            if (task.IsCompleted)
            {
                _started.RemoveAt(index);
                if (task.Exception is { } failure)
                {
                    _failures.Enqueue(failure.InnerExceptions.Count == 1 ? failure.InnerException! : failure);
                }
            }
        }

        if (_failures.TryDequeue(out Exception? first))
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    private void CheckBound(int steps)
    {
        if (steps > MaxSteps)
        {
            string waiting;
            lock (_lock)
            {
                waiting = string.Join(", ", _ready.Select(static item => $"{item.Process.Name}: {NameOf(item.State)}").Distinct(StringComparer.Ordinal).Take(10));
            }

            throw new DeterministicSchedulerException(string.Create(
                CultureInfo.InvariantCulture,
                $"Still busy after {MaxSteps:N0} continuations at {Time.GetUtcNow():O}; ready to run in: {(waiting.Length == 0 ? "nothing" : waiting)}. Something loops without waiting for time to pass."));
        }
    }

    /// <summary>Which asynchronous method a continuation belongs to, as far as the runtime lets it be seen.</summary>
    private static string NameOf(object? state)
    {
        Type? type = (state is Action { Target: { } target } ? target : state)?.GetType();
        return type is { IsGenericType: true } ? string.Join(' ', type.GetGenericArguments().Select(static argument => $"{argument.DeclaringType?.Name}.{argument.Name}")) : type?.Name ?? "work";
    }

    private readonly record struct WorkItem(SimulatedProcess Process, SendOrPostCallback Callback, object? State);
}
