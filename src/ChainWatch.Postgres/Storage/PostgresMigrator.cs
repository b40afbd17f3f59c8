using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Brings the schema to this version: numbered scripts, each applied once, all in one transaction under a lock that other instances wait for.</summary>
internal sealed class PostgresMigrator
{
    // The first half of every two-part advisory lock key of ChainWatch ("CW" and a purpose), so that it meets no lock of the host's.
    private const int LockClass = 0x4357_0001;

    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresSchema _schema;

    public PostgresMigrator(NpgsqlDataSource dataSource, PostgresSchema schema)
    {
        _dataSource = dataSource;
        _schema = schema;
    }

    /// <summary>Applies what is missing.</summary>
    /// <exception cref="ForeignSchemaException">The schema is not this version's.</exception>
    /// <exception cref="ChainWatchConfigurationException">The database user may not create or change the schema.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Script> scripts = Script.ReadAll();
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
            await CheckPrimaryAsync(connection, cancellationToken);
            await LockAsync(connection, cancellationToken);
            IReadOnlyDictionary<int, string>? applied = await ReadAppliedAsync(connection, cancellationToken);
            Check(scripts, applied);
            foreach (Script script in scripts.Where(script => applied?.ContainsKey(script.Version) is not true))
            {
                await ApplyAsync(connection, script, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new ChainWatchConfigurationException(
                $"{PostgresOptions.Section}: the database user may not set up the schema '{_schema.Name}': {exception.MessageText}. Grant it CREATE on the database, or create the schema with this user as its owner.");
        }
    }

    private static async Task CheckPrimaryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select pg_is_in_recovery()", connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is true)
        {
            throw new ChainWatchConfigurationException($"{PostgresOptions.Section}: the server is a hot standby, on which nothing can be written. Connect to the primary, or name all hosts.");
        }
    }

    private async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select pg_advisory_xact_lock($1, hashtext($2))", connection);
        command.Parameters.With(LockClass).With(_schema.Name);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The versions applied so far with their checksums; null in a schema that holds nothing yet.</summary>
    private async Task<IReadOnlyDictionary<int, string>?> ReadAppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand look = new(
            """
            select n.oid is not null,
                   exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'schema_version'),
                   exists (select from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f'))
            from (values (1)) one left join pg_namespace n on n.nspname = $1
            """,
            connection);
        look.Parameters.With(_schema.Name);
        bool exists, versioned, used;
        await using (NpgsqlDataReader reader = await look.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            exists = reader.GetBoolean(0);
            versioned = reader.GetBoolean(1);
            used = reader.GetBoolean(2);
        }

        if (!versioned)
        {
            if (used)
            {
                throw new ForeignSchemaException(
                    $"The schema '{_schema.Name}' holds tables that are not ChainWatch's. Give ChainWatch a schema of its own under {PostgresOptions.Section}:Schema.");
            }

            await using NpgsqlCommand create = new(
                $"""
                {(exists ? "" : $"create schema {_schema};")}
                create table {_schema}.schema_version (version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now());
                """,
                connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }

        Dictionary<int, string> applied = [];
        try
        {
            await using NpgsqlCommand read = new($"select version, checksum from {_schema}.schema_version", connection);
            await using NpgsqlDataReader reader = await read.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                applied.Add(reader.GetInt32(0), reader.GetString(1));
            }
        }
        catch (Exception exception) when (exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedColumn } or InvalidCastException)
        {
            throw new ForeignSchemaException(
                $"The table schema_version of the schema '{_schema.Name}' is not ChainWatch's. Give ChainWatch a schema of its own under {PostgresOptions.Section}:Schema.");
        }

        return applied;
    }

    private void Check(List<Script> scripts, IReadOnlyDictionary<int, string>? applied)
    {
        if (applied is null)
        {
            return;
        }

        if (applied.Count == 0)
        {
            throw new ForeignSchemaException(
                $"The table schema_version of the schema '{_schema.Name}' is empty, which no ChainWatch leaves behind. Give ChainWatch a schema of its own under {PostgresOptions.Section}:Schema.");
        }

        int newest = applied.Keys.Max();
        if (newest > scripts[^1].Version)
        {
            throw new ForeignSchemaException(
                $"The schema '{_schema.Name}' is at version {newest}; this ChainWatch knows versions up to {scripts[^1].Version}. Run the newer ChainWatch that changed it.");
        }

        foreach (Script script in scripts)
        {
            if (applied.TryGetValue(script.Version, out string? checksum) && !string.Equals(checksum, script.Checksum, StringComparison.Ordinal))
            {
                throw new ForeignSchemaException(
                    $"Version {script.Version} of the schema '{_schema.Name}' was made by another script than this ChainWatch's '{script.Name}'. Run the ChainWatch that made it, or give this one a schema of its own.");
            }
        }
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Script script, CancellationToken cancellationToken)
    {
        await using (NpgsqlCommand apply = new(script.Sql.Replace("$schema$", _schema.ToString(), StringComparison.Ordinal), connection))
        {
            await apply.ExecuteNonQueryAsync(cancellationToken);
        }

        await using NpgsqlCommand record = new($"insert into {_schema}.schema_version (version, name, checksum) values ($1, $2, $3)", connection);
        record.Parameters.With(script.Version).With(script.Name).With(script.Checksum);
        await record.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Script(int Version, string Name, string Sql, string Checksum)
    {
        public static List<Script> ReadAll()
        {
            Assembly assembly = typeof(PostgresMigrator).Assembly;
            List<Script> scripts = [];
            foreach (string name in assembly.GetManifestResourceNames().Where(name => char.IsAsciiDigit(name[0])).Order(StringComparer.Ordinal))
            {
                using Stream stream = assembly.GetManifestResourceStream(name)!;
                using StreamReader reader = new(stream, Encoding.UTF8);
                string sql = reader.ReadToEnd().ReplaceLineEndings("\n");
                scripts.Add(new Script(
                    int.Parse(name[..4], NumberStyles.None, CultureInfo.InvariantCulture), name, sql, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)))));
            }

            return scripts;
        }
    }
}
