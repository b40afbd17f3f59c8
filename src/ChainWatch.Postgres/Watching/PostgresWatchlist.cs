using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>
/// The tables of watched addresses. Whoever changes them holds the chain's row in <c>watchlist</c> first, alone: so changes are numbered in the order of their commits,
/// and the cursor that a registration reads cannot move before the registration is there for the next batch to see.
/// </summary>
internal sealed class PostgresWatchlist
{
    private const int MaxAttempts = 6;

    /// <summary>The most changes in a page, whatever is asked for: the server puts a page together in its memory, in no more than a gigabyte.</summary>
    private const int MostInPage = 1_000_000;

    // What is held here is what each commit waits for: a client that is frozen or cut off between two statements must not hold it until its connection is found to be dead.
    private const string Patience = "set local idle_in_transaction_session_timeout = '5s'";

    private readonly NpgsqlDataSource _dataSource;
    private readonly TimeProvider _time;
    private readonly string _ensure;
    private readonly string _lock;
    private readonly string _cursor;
    private readonly string _existing;
    private readonly string _queued;
    private readonly string _insert;
    private readonly string _forgetRemovals;
    private readonly string _lower;
    private readonly string _raise;
    private readonly BackScanStatements _backScans;
    private readonly string _delete;
    private readonly string _recordRemoval;
    private readonly string _removedAt;
    private readonly string _list;
    private readonly string _find;
    private readonly string _count;
    private readonly string _changes;

    public PostgresWatchlist(NpgsqlDataSource dataSource, PostgresSchema schema, TimeProvider time)
    {
        _dataSource = dataSource;
        _time = time;
        _ensure = $"insert into {schema}.watchlist (chain, sequence) values ($1, 0) on conflict do nothing";
        _lock = $"select sequence from {schema}.watchlist where chain = $1 for update";
        // Below the first block that was ever read, only back-scans have read anything, for whatever addresses they were queued for.
        _cursor = $"select max(height), (select min(from_height) from {schema}.coverage where chain = $1 and pass = 1) from {schema}.cursor where chain = $1";
        _existing = $"select key, reference_type, reference_id, from_height, sequence from {schema}.watched_address where chain = $1 and key = any($2::bytea[])";
        _queued = $"select id from {schema}.back_scan where chain = $1 and keys && $2::bytea[] order by id";
        _insert =
            $"""
            insert into {schema}.watched_address (chain, address, key, reference_type, reference_id, from_height, added_at, sequence)
            select $1, u.address, u.key, u.reference_type, u.reference_id, u.from_height, $2, $3 + u.position
            from unnest($4::text[], $5::bytea[], $6::text[], $7::text[], $8::bigint[]) with ordinality as u (address, key, reference_type, reference_id, from_height, position)
            """;
        _forgetRemovals = $"delete from {schema}.watch_removal where chain = $1 and key = any($2::bytea[])";
        _lower =
            $"""
            update {schema}.watched_address w set from_height = u.from_height
            from unnest($2::bytea[], $3::bigint[]) as u (key, from_height) where w.chain = $1 and w.key = u.key
            """;
        _raise = $"update {schema}.watchlist set sequence = $2 where chain = $1";
        _backScans = new BackScanStatements(schema);
        _delete = $"delete from {schema}.watched_address where chain = $1 and key = $2";
        _recordRemoval = $"insert into {schema}.watch_removal (chain, key, sequence) values ($1, $2, $3)";
        _removedAt = $"select sequence from {schema}.watch_removal where chain = $1 and key = $2";
        const string Columns = "key, address, reference_type, reference_id, from_height, added_at";
        _list = $"select {Columns} from {schema}.watched_address where chain = $1 order by sequence";
        _find = $"select {Columns} from {schema}.watched_address where chain = $1 and key = $2";
        _count = $"select count(*) from {schema}.watched_address where chain = $1";
        // One row has it all, as the bytes of a page: to send, receive and look at a hundred thousand rows takes longer than to find them. How far the watchlist had come is of the same snapshot, since
        // the numbers of changes have gaps. Keys of another length are left out, so that the length of the rest tells of them.
        _changes =
            $"""
            select coalesce((select sequence from {schema}.watchlist where chain = $1), 0), added.count, removed.count, added.records, removed.records
            from ({Records($"{schema}.watched_address")}) added, ({Records($"{schema}.watch_removal")}) removed
            """;
    }

    /// <summary>Registers addresses: all of them, or none.</summary>
    public async ValueTask<RegistrationResult> AddAsync(Chain chain, IReadOnlyList<WatchRegistration> registrations, DateTimeOffset at, CancellationToken cancellationToken)
    {
        List<WatchRegistration> distinct = Distinct(chain, registrations);
        if (distinct.Count == 0)
        {
            return new RegistrationResult { Added = 0 };
        }

        Attempt? lost = null;
        return await RunAsync(
            async attempt =>
            {
                RegistrationResult result = await AddOnceAsync(chain, distinct, at, lost, attempt, cancellationToken);
                return result;
            },
            attempt => lost = attempt ?? lost,
            cancellationToken);
    }

    /// <summary>Ends the watching of an address.</summary>
    public async ValueTask<bool> RemoveAsync(Chain chain, AddressKey key, CancellationToken cancellationToken)
    {
        Attempt? lost = null;
        return await RunAsync(
            attempt => RemoveOnceAsync(chain, key, lost, attempt, cancellationToken),
            attempt => lost = attempt ?? lost,
            cancellationToken);
    }

    /// <summary>The watched addresses of a chain, in the order of their registration.</summary>
    public async IAsyncEnumerable<WatchedAddress> ListAsync(Chain chain, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_list);
        command.Parameters.With(chain.Name);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return ReadAddress(reader);
        }
    }

    /// <summary>One watched address; <see langword="null"/> when it is not watched.</summary>
    public async ValueTask<WatchedAddress?> FindAsync(Chain chain, AddressKey key, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_find);
        command.Parameters.With(chain.Name).With(key);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadAddress(reader) : null;
    }

    /// <summary>How many addresses of a chain are watched.</summary>
    public async ValueTask<long> CountAsync(Chain chain, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_count);
        command.Parameters.With(chain.Name);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Changes of a chain's watchlist after a sequence.</summary>
    public async ValueTask<WatchChanges> ReadChangesAsync(Chain chain, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        limit = Math.Min(limit, MostInPage);
        int keyLength = chain.Format.AddressKeyLength;
        await using NpgsqlCommand command = _dataSource.CreateCommand(_changes);
        // One more than asked for tells whether there are more.
        command.Parameters.With(chain.Name).With(afterSequence).With(limit + 1).With(keyLength);
        // The bytes go from the connection to where they stay.
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        await reader.ReadAsync(cancellationToken);
        long newest = await reader.GetFieldValueAsync<long>(0, cancellationToken);
        long additions = await reader.GetFieldValueAsync<long>(1, cancellationToken);
        long removals = await reader.GetFieldValueAsync<long>(2, cancellationToken);
        byte[] added = await reader.GetFieldValueAsync<byte[]>(3, cancellationToken);
        byte[] removed = await reader.GetFieldValueAsync<byte[]>(4, cancellationToken);
        if (added.Length + (long)removed.Length != (additions + removals) * WatchChangePage.RecordLength(keyLength))
        {
            throw new InvalidDataException($"A key of {chain.Name} in the table of watched addresses does not have {keyLength} bytes.");
        }

        bool more = additions + removals > limit;
        WatchChangePage changes = WatchChangePage.Merge(new WatchChangePage(keyLength, added, removed: false), new WatchChangePage(keyLength, removed, removed: true), limit);
        return new WatchChanges
        {
            Changes = changes,
            Sequence = more ? changes[^1].Sequence : Math.Max(newest, afterSequence),
            More = more,
            Newest = newest,
        };
    }

    /// <summary>
    /// The changes in a table as one value: for each its number and its key. The number stands before the key where a list has its separators, which costs the server half of what it takes to put the two
    /// together for each; before the first one there is none.
    /// </summary>
    private static string Records(string table)
    {
        const string Wanted = "where chain = $1 and sequence > $2";
        return
            $"""
            select count(*), coalesce(int8send((select min(sequence) from {table} {Wanted})) || string_agg(key, int8send(sequence)) filter (where octet_length(key) = $4), '') as records
            from (select key, sequence from {table} {Wanted} order by sequence limit $3) as page
            """;
    }

    private async Task<RegistrationResult> AddOnceAsync(
        Chain chain, List<WatchRegistration> registrations, DateTimeOffset at, Attempt? lost, Attempt attempt, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        long sequence;
        long? cursor;
        long begin;
        Dictionary<AddressKey, Existing> existing = [];
        SortedSet<long> scans = [];
        AddressKey[] rescanned = [.. registrations.Where(static one => one.Since is not null).Select(static one => one.Key)];
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            PostgresAudit.AddActor(batch);
            batch.AddCommand(Patience);
            batch.AddCommand(_ensure).Parameters.With(chain.Name);
            batch.AddCommand(_lock).Parameters.With(chain.Name);
            // Each statement sees what was committed before it began: this one the cursor of every batch that the lock has waited for.
            batch.AddCommand(_cursor).Parameters.With(chain.Name);
            batch.AddCommand(_existing).Parameters.With(chain.Name).WithArray(NpgsqlDbType.Bytea, registrations, static one => one.Key.Bytes.ToArray());
            batch.AddCommand(_queued).Parameters.With(chain.Name).WithArray(NpgsqlDbType.Bytea, rescanned, static key => key.Bytes.ToArray());
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            sequence = reader.GetInt64(0);
            await reader.NextResultAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            cursor = await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetInt64(0);
            begin = await reader.IsDBNullAsync(1, cancellationToken) ? long.MaxValue : reader.GetInt64(1);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                existing.Add(PaymentColumns.ReadKey(reader, 0), new Existing(PaymentColumns.ReadReference(reader, 1), reader.GetInt64(3), reader.GetInt64(4)));
            }

            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                scans.Add(reader.GetInt64(0));
            }
        }

        if (lost?.Result is { } stored && existing.TryGetValue(lost.Key, out Existing? probe) && probe.Sequence == lost.Sequence)
        {
            // The attempt whose connection was lost had been committed.
            return stored;
        }

        foreach (WatchRegistration one in registrations)
        {
            if (existing.TryGetValue(one.Key, out Existing? before) && before.Reference != Clean(one.Reference))
            {
                throw new WatchConflictException(chain.Name, one.Address, before.Reference, one.Reference);
            }
        }

        List<WatchRegistration> added = [.. registrations.Where(one => !existing.ContainsKey(one.Key))];
        List<WatchRegistration> lowered = [.. registrations.Where(one => one.Since < existing.GetValueOrDefault(one.Key)?.FromHeight)];
        List<WatchRegistration> again = [.. registrations.Where(one => existing.TryGetValue(one.Key, out Existing? before) && one.Since < Math.Max(before.FromHeight, begin))];
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            if (added.Count > 0)
            {
                batch.AddCommand(_insert).Parameters
                    .With(chain.Name).With(at).With(sequence)
                    .WithArray(NpgsqlDbType.Text, added, static one => PostgresText.Clean(one.Address))
                    .WithArray(NpgsqlDbType.Bytea, added, static one => one.Key.Bytes.ToArray())
                    .WithArray(NpgsqlDbType.Text, added, static one => PostgresText.Clean(one.Reference?.Type))
                    .WithArray(NpgsqlDbType.Text, added, static one => PostgresText.Clean(one.Reference?.Id))
                    .WithArray(NpgsqlDbType.Bigint, added, one => one.Since ?? (cursor + 1) ?? 0);
                batch.AddCommand(_forgetRemovals).Parameters.With(chain.Name).WithArray(NpgsqlDbType.Bytea, added, static one => one.Key.Bytes.ToArray());
                batch.AddCommand(_raise).Parameters.With(chain.Name).With(sequence + added.Count);
                attempt.Key = added[0].Key;
                attempt.Sequence = sequence + 1;
            }

            if (lowered.Count > 0)
            {
                batch.AddCommand(_lower).Parameters
                    .With(chain.Name)
                    .WithArray(NpgsqlDbType.Bytea, lowered, static one => one.Key.Bytes.ToArray())
                    .WithArray(NpgsqlDbType.Bigint, lowered, static one => one.Since!.Value);
            }

            // Asking for an earlier height than before is asking for those blocks to be read.
            foreach (IGrouping<long, WatchRegistration> group in added.Concat(again).Where(one => one.Since is { } since && (cursor is null || since <= cursor)).GroupBy(static one => Math.Max(one.Since!.Value, 0)).OrderBy(static group => group.Key))
            {
                WatchRegistration[] members = [.. group];
                _backScans.AddQueue(batch, chain, [.. members.Select(static one => one.Key)], group.Key, cursor ?? long.MaxValue);
            }

            if (batch.BatchCommands.Count == 0)
            {
                return new RegistrationResult { Added = 0, BackScanIds = [.. scans] };
            }

            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            do
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    scans.Add(reader.GetInt64(0));
                }
            }
            while (await reader.NextResultAsync(cancellationToken));
        }

        RegistrationResult result = new() { Added = added.Count, BackScanIds = [.. scans] };
        attempt.Result = added.Count > 0 ? result : null;
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private async Task<bool> RemoveOnceAsync(Chain chain, AddressKey key, Attempt? lost, Attempt attempt, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        long sequence;
        bool removedBefore;
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            PostgresAudit.AddActor(batch);
            batch.AddCommand(Patience);
            batch.AddCommand(_ensure).Parameters.With(chain.Name);
            batch.AddCommand(_lock).Parameters.With(chain.Name);
            batch.AddCommand(_removedAt).Parameters.With(chain.Name).With(key);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            sequence = reader.GetInt64(0);
            await reader.NextResultAsync(cancellationToken);
            removedBefore = await reader.ReadAsync(cancellationToken) && lost is not null && reader.GetInt64(0) == lost.Sequence;
        }

        if (removedBefore)
        {
            return true;
        }

        await using (NpgsqlCommand delete = new(_delete, connection, transaction))
        {
            delete.Parameters.With(chain.Name).With(key);
            if (await delete.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                return false;
            }
        }

        attempt.Sequence = sequence + 1;
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            batch.AddCommand(_recordRemoval).Parameters.With(chain.Name).With(key).With(attempt.Sequence);
            batch.AddCommand(_raise).Parameters.With(chain.Name).With(attempt.Sequence);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Runs a transaction, again where it fell victim to another one or its connection was lost. What a lost attempt would have written is handed to the next.</summary>
    private async Task<T> RunAsync<T>(Func<Attempt, Task<T>> transaction, Action<Attempt?> onLost, CancellationToken cancellationToken)
    {
        for (int number = 1; ; number++)
        {
            Attempt attempt = new();
            try
            {
                return await transaction(attempt);
            }
            catch (Exception exception) when (number < MaxAttempts && !cancellationToken.IsCancellationRequested && (PostgresFailure.IsConflict(exception) || PostgresFailure.IsLost(exception)))
            {
                onLost(PostgresFailure.IsLost(exception) && attempt.Sequence > 0 ? attempt : null);
                await Task.Delay(TimeSpan.FromMilliseconds(10 << number), _time, cancellationToken);
            }
        }
    }

    private static List<WatchRegistration> Distinct(Chain chain, IReadOnlyList<WatchRegistration> registrations)
    {
        Dictionary<AddressKey, WatchRegistration> distinct = [];
        List<AddressKey> order = [];
        foreach (WatchRegistration one in registrations)
        {
            if (!distinct.TryGetValue(one.Key, out WatchRegistration? before))
            {
                distinct.Add(one.Key, one);
                order.Add(one.Key);
            }
            else if (before.Reference != one.Reference)
            {
                throw new WatchConflictException(chain.Name, one.Address, before.Reference, one.Reference);
            }
            else if (one.Since < (before.Since ?? long.MaxValue))
            {
                distinct[one.Key] = one;
            }
        }

        return [.. order.Select(key => distinct[key])];
    }

    private static PaymentReference? Clean(PaymentReference? reference) =>
        reference is null ? null : PaymentReference.For(PostgresText.Clean(reference.Type), PostgresText.Clean(reference.Id));

    private static WatchedAddress ReadAddress(NpgsqlDataReader reader) => new()
    {
        Key = PaymentColumns.ReadKey(reader, 0),
        Address = reader.GetString(1),
        Reference = PaymentColumns.ReadReference(reader, 2),
        FromHeight = reader.GetInt64(4),
        AddedAt = reader.GetFieldValue<DateTimeOffset>(5),
    };

    private sealed record Existing(PaymentReference? Reference, long FromHeight, long Sequence);

    /// <summary>What an attempt would have left behind, by which it is recognised when its outcome is not known.</summary>
    private sealed class Attempt
    {
        public AddressKey Key { get; set; }

        public long Sequence { get; set; }

        public RegistrationResult? Result { get; set; }
    }
}
