using Microsoft.Extensions.Logging;

namespace ChainWatch.Testing;

/// <summary>
/// Keeps what is logged in a list, so that tests can ask for it. Use it as the logger factory of what is under test, or add it to a host's logging as a provider.
/// Safe to use from several threads; it keeps the newest entries up to a bound.
/// </summary>
public sealed class LogRecorder : ILoggerProvider, ILoggerFactory
{
    private readonly Lock _lock = new();
    private readonly Queue<LogEntry> _entries = new();
    private readonly int _capacity;
    private readonly LogLevel _minimum;

    /// <summary>Creates a recorder of everything from <see cref="LogLevel.Debug"/> up.</summary>
    public LogRecorder()
        : this(LogLevel.Debug)
    {
    }

    /// <summary>Creates a recorder.</summary>
    /// <param name="minimum">What is less than this is not kept.</param>
    /// <param name="capacity">How many entries are kept.</param>
    public LogRecorder(LogLevel minimum, int capacity = 10_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _minimum = minimum;
        _capacity = capacity;
    }

    /// <summary>The entries that are kept, oldest first.</summary>
    public IReadOnlyList<LogEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>The entries of one event, oldest first.</summary>
    /// <param name="eventName">The event's name, as in <c>PaymentDetected</c>.</param>
    public IReadOnlyList<LogEntry> Of(string eventName) =>
        [.. Entries.Where(entry => string.Equals(entry.EventId.Name, eventName, StringComparison.Ordinal))];

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    /// <summary>Does nothing: this recorder is its own and only provider.</summary>
    public void AddProvider(ILoggerProvider provider)
    {
    }

    /// <summary>Forgets what was recorded so far.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _entries.Clear();
        }
    }

    /// <summary>Does nothing: there is nothing to give back, and the entries stay readable.</summary>
    public void Dispose()
    {
    }

    private void Record(LogEntry entry)
    {
        lock (_lock)
        {
            if (_entries.Count == _capacity)
            {
                _entries.Dequeue();
            }

            _entries.Enqueue(entry);
        }
    }

    private sealed class Recorder(LogRecorder owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= owner._minimum && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            Dictionary<string, object?> values = new(StringComparer.Ordinal);
            if (state is IEnumerable<KeyValuePair<string, object?>> pairs)
            {
                foreach (KeyValuePair<string, object?> pair in pairs)
                {
                    values[pair.Key] = pair.Value;
                }
            }

            owner.Record(new LogEntry
            {
                Category = category,
                Level = logLevel,
                EventId = eventId,
                Message = formatter(state, exception),
                Exception = exception,
                Values = values,
            });
        }
    }
}
