using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Keeps the last lines that a host logged, so that a test that fails can say what the host said.</summary>
internal sealed class LastLog : ILoggerProvider, ILogger
{
    private const int Most = 60;

    private readonly ConcurrentQueue<string> _lines = new();

    public override string ToString() => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        // There are hundreds of these a second, and they say nothing about why something does not happen.
        if (eventId.Name is { } name && (name.StartsWith("Payment", StringComparison.Ordinal) || name == "Rollback"))
        {
            return;
        }

        _lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {formatter(state, exception)} {exception}"));
        while (_lines.Count > Most)
        {
            _lines.TryDequeue(out _);
        }
    }

    public void Dispose()
    {
    }
}
