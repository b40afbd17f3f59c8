using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>What operators want done with keys.</summary>
internal sealed class PostgresKeyRotations
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly string _inTurn;
    private readonly string _forget;
    private readonly string _request;
    private readonly string _read;

    public PostgresKeyRotations(NpgsqlDataSource dataSource, PostgresSchema schema)
    {
        _dataSource = dataSource;
        // Instances ask for what is above the last id that they saw, so that a lower one must not be committed after a higher one.
        _inTurn = $"lock table {schema}.key_rotation in share row exclusive mode";
        _forget = $"delete from {schema}.key_rotation where requested_at < now() - interval '30 days'";
        _request = $"insert into {schema}.key_rotation (chain, endpoint) values ($1, $2)";
        _read = $"select id, chain, endpoint from {schema}.key_rotation where id > $1 order by id";
    }

    public async ValueTask RequestAsync(string chain, string endpoint, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using NpgsqlBatch batch = new(connection, transaction);
        PostgresAudit.AddActor(batch);
        batch.AddCommand(_inTurn);
        batch.AddCommand(_forget);
        batch.AddCommand(_request).Parameters.With(PostgresText.Clean(chain)).With(PostgresText.Clean(endpoint));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async ValueTask<IReadOnlyList<KeyRotationRequest>> ReadAsync(long afterId, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_read);
        command.Parameters.With(afterId);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<KeyRotationRequest> requests = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            requests.Add(new KeyRotationRequest(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)));
        }

        return requests;
    }
}
