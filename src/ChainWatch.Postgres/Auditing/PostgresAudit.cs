using System.Runtime.CompilerServices;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>The audit log. Its entries are written by triggers, so that a change made by hand is audited as well; only what no table shows is appended from here.</summary>
internal sealed class PostgresAudit
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly string _append;
    private readonly string _read;
    private readonly string _head;

    public PostgresAudit(NpgsqlDataSource dataSource, PostgresSchema schema)
    {
        _dataSource = dataSource;
        _append = $"select {schema}.audit($1, $2, $3)";
        // All means all: a forged entry may have any number.
        _read = $"select id, at, action, entity, actor, details, encode(hash, 'hex') from {schema}.audit_log where $1 = 0 or id > $1 order by id";
        _head = $"select id, encode(hash, 'hex') from {schema}.audit_head";
    }

    /// <summary>Puts in front of a transaction's statements who they are done by, where somebody said so.</summary>
    public static void AddActor(NpgsqlBatch batch)
    {
        if (AuditActor.Current is { } actor)
        {
            batch.AddCommand("set local chainwatch.actor = " + Quote(PostgresText.Clean(actor)!));
        }
    }

    public async ValueTask AppendAsync(string action, string entity, string? details, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch batch = new(connection);
        AddActor(batch);
        batch.AddCommand(_append).Parameters.With(PostgresText.Clean(action)).With(PostgresText.Clean(entity)).With(PostgresText.Clean(details));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public async IAsyncEnumerable<AuditEntry> ReadAsync(long afterId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_read);
        command.Parameters.With(afterId);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return ReadEntry(reader);
        }
    }

    public async ValueTask<AuditHead> ReadHeadAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_head);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        // Without its row, nothing says how long the log was: that is found by what comes after.
        return await reader.ReadAsync(cancellationToken) ? new AuditHead(reader.GetInt64(0), reader.GetString(1)) : AuditHead.Empty;
    }

    private static AuditEntry ReadEntry(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        At = reader.GetFieldValue<DateTimeOffset>(1),
        Action = reader.GetString(2),
        Entity = reader.GetString(3),
        Actor = reader.IsDBNull(4) ? null : reader.GetString(4),
        Details = reader.IsDBNull(5) ? null : reader.GetString(5),
        Hash = reader.GetString(6),
    };

    /// <summary>A statement that sets something takes no parameters, and a function that does would answer a row among those that the batch is read for.</summary>
    private static string Quote(string text) => $"E'{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";
}
