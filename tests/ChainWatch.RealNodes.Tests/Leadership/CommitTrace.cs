using Npgsql;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// Writes down every commit of a chain beside it: a trigger on the cursor, which every commit moves under the row's lock, so that the trace has the order of the commits. It is read over one connection
/// that stays open: to begin a session takes the server longer than a take-over may last.
/// </summary>
internal sealed class CommitTrace(string connectionString) : IAsyncDisposable
{
    private readonly string _connectionString = $"{connectionString};Pooling=false;Timeout=5";
    private NpgsqlConnection? _connection;

    public async Task InstallAsync()
    {
        await using var command = new NpgsqlCommand(
            """
            create table commit_trace (id bigint generated always as identity primary key, at timestamptz not null, term bigint not null, newest bigint not null, height bigint not null);
            create function trace_commit() returns trigger language plpgsql as $$
            begin
                insert into commit_trace (at, term, newest, height)
                values (clock_timestamp(), new.term, (select max(term) from chainwatch.leadership where scope = new.chain), new.height);
                return new;
            end
            $$;
            create trigger trace_commit after insert or update on chainwatch.cursor for each row execute function trace_commit();
            """,
            await ConnectAsync());
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The newest term that has committed anything.</summary>
    public async Task<long> NewestTermAsync() => (await ReadAsync("select coalesce(max(term), 0), now() from commit_trace", null)).Term;

    /// <summary>How many commits there were.</summary>
    public async Task<long> CountAsync() => (await ReadAsync("select coalesce(max(id), 0), now() from commit_trace", null)).Term;

    /// <summary>The first commit of a newer term; <see langword="null"/> while there is none.</summary>
    public async Task<DateTime?> FirstCommitAfterAsync(long term)
    {
        var (found, at) = await ReadAsync("select coalesce(min(term), 0), coalesce(min(at), now()) from commit_trace where term > $1", term);
        return found > term ? at : null;
    }

    /// <summary>Commits of a term that was not the newest then, or after one of a newer term.</summary>
    public async Task<long> CountStaleAsync() =>
        (await ReadAsync("select count(*), now() from (select term, newest, max(term) over (order by id) as highest from commit_trace) t where term < highest or term <> newest", null)).Term;

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }

    private async Task<(long Term, DateTime At)> ReadAsync(string sql, long? term)
    {
        await using var command = new NpgsqlCommand(sql, await ConnectAsync());
        if (term is not null)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = term.Value });
        }

        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetDateTime(1));
    }

    /// <summary>The connection; a new one where the server has ended the last.</summary>
    private async Task<NpgsqlConnection> ConnectAsync()
    {
        if (_connection is not { State: System.Data.ConnectionState.Open })
        {
            await DisposeAsync();
            _connection = new NpgsqlConnection(_connectionString);
            await _connection.OpenAsync();
        }

        return _connection;
    }
}
