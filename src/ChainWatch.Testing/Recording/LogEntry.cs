using Microsoft.Extensions.Logging;

namespace ChainWatch.Testing;

/// <summary>One entry that was logged.</summary>
public sealed class LogEntry
{
    /// <summary>The logger's category.</summary>
    public required string Category { get; init; }

    /// <summary>How bad it is.</summary>
    public required LogLevel Level { get; init; }

    /// <summary>The event's id and name, as in <c>PaymentDetected</c>.</summary>
    public required EventId EventId { get; init; }

    /// <summary>The text as people read it.</summary>
    public required string Message { get; init; }

    /// <summary>The exception that was logged with it.</summary>
    public Exception? Exception { get; init; }

    /// <summary>The values that the text was made of, by name.</summary>
    public required IReadOnlyDictionary<string, object?> Values { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Level} {Category} {EventId.Name}: {Message}{(Exception is null ? "" : Environment.NewLine + Exception)}";
}
