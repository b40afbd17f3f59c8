using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>The schema that a rebuild writes to. It is marked as one, so that no other is ever dropped by mistake.</summary>
internal sealed class RebuildSchema(NpgsqlDataSource dataSource, PostgresSchema live, PostgresSchema rebuilt)
{
    private readonly string _mark = $"ChainWatch: rebuilt beside {live.Name}";

    /// <summary>Whether a rebuild beside the live schema left it behind.</summary>
    /// <exception cref="ForeignSchemaException">It is something else, and not empty.</exception>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(
            """
            select obj_description(n.oid, 'pg_namespace') is not distinct from $2, exists (select from pg_class c where c.relnamespace = n.oid)
            from pg_namespace n where n.nspname = $1
            """);
        command.Parameters.With(rebuilt.Name).With(_mark);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return false;
        }

        if (reader.GetBoolean(0))
        {
            return true;
        }

        return reader.GetBoolean(1)
            ? throw new ForeignSchemaException($"The schema '{rebuilt.Name}' was not made by a rebuild of '{live.Name}', and is not touched. Name another one to rebuild into.")
            : false;
    }

    /// <summary>Makes it, empty and marked.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await DropAsync(cancellationToken);
        await using NpgsqlCommand command = dataSource.CreateCommand($"create schema if not exists {rebuilt}; comment on schema {rebuilt} is '{_mark}'");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Drops it, where a rebuild made it.</summary>
    public async Task DropAsync(CancellationToken cancellationToken)
    {
        if (await ExistsAsync(cancellationToken))
        {
            await using NpgsqlCommand command = dataSource.CreateCommand($"drop schema {rebuilt} cascade");
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
