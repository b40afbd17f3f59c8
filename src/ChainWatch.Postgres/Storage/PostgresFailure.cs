using System.Net.Sockets;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>Tells what a failed statement means for the transaction around it.</summary>
internal static class PostgresFailure
{
    /// <summary>SQLSTATE of the fence: there is a newer term.</summary>
    public const string Fenced = "CW001";

    /// <summary>SQLSTATE of the fence: the cursor is elsewhere.</summary>
    public const string CursorMoved = "CW002";

    /// <summary>SQLSTATE of the fence: the watchlist has moved on.</summary>
    public const string WatchlistMoved = "CW003";

    /// <summary>SQLSTATE of an acknowledgement: the transaction does not hold the event.</summary>
    public const string NotTaken = "CW005";

    // Npgsql has no name for it.
    private const string IdleInTransactionSessionTimeout = "25P03";

    /// <summary>The outcome that a refusal of the fence stands for; <see langword="null"/> for any other failure.</summary>
    public static CommitResult? Refusal(PostgresException exception) => exception.SqlState switch
    {
        Fenced => CommitResult.Fenced,
        CursorMoved => CommitResult.CursorMoved,
        WatchlistMoved => CommitResult.WatchlistMoved,
        _ => null,
    };

    /// <summary>The transaction was rolled back for the sake of another one; the whole of it may be run again.</summary>
    public static bool IsConflict(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected };

    /// <summary>The connection broke, or nothing came back in time. Whether the transaction was committed is not known.</summary>
    public static bool IsLost(Exception exception) => exception switch
    {
        PostgresException server =>
            // Connection exceptions, and everything with which a server ends a session: shutdown, crash, start-up, idle for too long.
            server.SqlState.StartsWith("08", StringComparison.Ordinal) || server.SqlState.StartsWith("57P", StringComparison.Ordinal) ||
            server.SqlState is IdleInTransactionSessionTimeout or PostgresErrorCodes.TooManyConnections,
        NpgsqlException => true,
        IOException or SocketException or TimeoutException => true,
        // Npgsql says so when the connection broke between two statements.
        InvalidOperationException { Message: var message } => message.Contains("Connection is not open", StringComparison.Ordinal),
        _ => false,
    };
}
