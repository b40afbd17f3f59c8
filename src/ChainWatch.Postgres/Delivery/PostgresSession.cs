namespace ChainWatch.Postgres;

/// <summary>The server's side of a delivery's transaction: together these two never mean another one.</summary>
/// <param name="ProcessId">The process that serves it.</param>
/// <param name="StartedAt">When the transaction began, by the server's clock.</param>
internal readonly record struct PostgresSession(int ProcessId, DateTimeOffset StartedAt);
