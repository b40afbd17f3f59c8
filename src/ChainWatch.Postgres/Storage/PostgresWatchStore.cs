using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>
/// The store of production: everything in one schema of a PostgreSQL database, every write of a scope one transaction that begins by checking the term. It keeps no state of
/// its own, uses nothing that belongs to a session, and so works through a transaction pooler, and with any number of instances.
/// </summary>
public sealed class PostgresWatchStore : IWatchStore
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresMigrator _migrator;
    private readonly PostgresCommits _commits;
    private readonly PostgresWatchlist _watchlist;
    private readonly PostgresOutbox _outbox;
    private readonly BackScanStatements _backScans;
    private readonly SpendStatements _spends;
    private readonly PostgresSecondPass _secondPass;
    private readonly PostgresDigests _digests;
    private readonly PostgresRetention _retention;
    private readonly BlockReadingStatements _readings;
    private readonly PostgresAudit _audit;
    private readonly PostgresKeyRotations _keyRotations;
    private readonly string _raiseTerm;
    private readonly string _load;
    private readonly string _pointBelow;
    private readonly string _payments;
    private readonly string _unwatched;
    private readonly string _coverage;

    /// <summary>Creates the store.</summary>
    /// <param name="dataSource">Where the database is. It stays its owner's: the store does not dispose it.</param>
    /// <param name="schema">The schema that holds the tables.</param>
    /// <param name="writeTimeout">How long one statement of a leader's write may take, wait for a lock, or keep the server waiting for the next: less than leadership lives.</param>
    /// <param name="timeProvider">The clock that waits between attempts are taken from.</param>
    /// <exception cref="ChainWatchConfigurationException">The schema cannot have this name.</exception>
    public PostgresWatchStore(NpgsqlDataSource dataSource, string schema, TimeSpan writeTimeout, TimeProvider timeProvider)
        : this(dataSource, new PostgresSchema(schema), writeTimeout, timeProvider)
    {
    }

    internal PostgresWatchStore(NpgsqlDataSource dataSource, PostgresSchema schema, TimeSpan writeTimeout, TimeProvider timeProvider, bool flushDeliveries = true, TimeSpan? longestDelivery = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(writeTimeout, TimeSpan.FromMilliseconds(1));
        _dataSource = dataSource;
        _migrator = new PostgresMigrator(dataSource, schema);
        _commits = new PostgresCommits(dataSource, schema, writeTimeout, timeProvider);
        _watchlist = new PostgresWatchlist(dataSource, schema, timeProvider);
        _outbox = new PostgresOutbox(dataSource, schema, flushDeliveries, longestDelivery);
        _backScans = new BackScanStatements(schema);
        _spends = new SpendStatements(schema);
        _secondPass = new PostgresSecondPass(dataSource, schema, _commits, writeTimeout);
        _digests = new PostgresDigests(dataSource, schema);
        _readings = new BlockReadingStatements(schema);
        _retention = new PostgresRetention(dataSource, schema, writeTimeout);
        _audit = new PostgresAudit(dataSource, schema);
        _keyRotations = new PostgresKeyRotations(dataSource, schema);
        _raiseTerm = RaiseTermSql(schema);
        _load =
            $"""
            select c.height, c.safe_height, c.finalized_height, c.final_height, c.final_hash, c.final_slot, b.height, b.hash, b.slot, c.term
            from {schema}.cursor c
            left join {schema}.block b on b.chain = c.chain and b.partition = c.partition and b.canonical and b.height <= c.height and b.height >= coalesce(c.final_height, 0)
            where c.chain = $1 and c.partition = $2
            order by b.height
            """;
        _pointBelow = $"select height, hash, slot from {schema}.block where chain = $1 and partition = $2 and canonical and height < $3 order by height desc limit 1";
        _payments =
            $"""
            select {PaymentColumns.Of("p")}, {SpendStatements.Columns}
            from (select * from {schema}.payment where chain = $1 order by block_height desc, tx_id, ordinal limit $2) p {_spends.Join}($3, 0)
            order by p.block_height desc, p.tx_id, p.ordinal
            """;
        _coverage = $"select from_height, to_height, endpoint, pass from {schema}.coverage where chain = $1 and from_height <= $3 and to_height >= $2 order by pass, from_height";
        _unwatched =
            $"""
            select {PaymentColumns.Of("p")} from {schema}.payment p
            where p.chain = $1 and p.block_height > $2 and p.status <> 'retracted'
                and not exists (select from {schema}.watched_address w where w.chain = p.chain and w.key = p.key)
            order by p.block_height desc, p.tx_id, p.ordinal
            """;
    }

    /// <summary>
    /// Raises a scope's term. Writes hold the term's row while they run, so this waits for them, and everything that comes after it is refused. Nothing is raised, and nothing
    /// returned, where the scope is being handed to another instance than the one that is named last.
    /// </summary>
    internal static string RaiseTermSql(PostgresSchema schema) =>
        $"""
        insert into {schema}.leadership as l (scope, term, holder, acquired_at, system_identifier, timeline) values ($1, 1, $2, now(), $3, $4::integer)
        on conflict (scope) do update set term = l.term + 1, holder = excluded.holder, acquired_at = excluded.acquired_at, handed_to = null,
            system_identifier = coalesce(excluded.system_identifier, l.system_identifier), timeline = coalesce(excluded.timeline, l.timeline),
            store_term = case when excluded.system_identifier <> l.system_identifier or excluded.timeline <> l.timeline then l.term + 1 else l.store_term end
        where l.handed_to is null or l.handed_to = hashtext($5) or $5 is null
        returning term, store_term
        """;

    /// <inheritdoc/>
    /// <exception cref="ForeignSchemaException">The schema is another program's, or a newer ChainWatch's.</exception>
    /// <exception cref="ChainWatchConfigurationException">The database user may not set the schema up.</exception>
    public ValueTask InitializeAsync(CancellationToken cancellationToken) => new(_migrator.RunAsync(cancellationToken));

    /// <inheritdoc/>
    public async ValueTask<long> RaiseTermAsync(string scope, string holder, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_raiseTerm);
        command.Parameters.With(PostgresText.Clean(scope)).With(PostgresText.Clean(holder)).With((long?)null).With((long?)null).With((string?)null);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <inheritdoc/>
    public async ValueTask<ScopeState> LoadAsync(Chain chain, int partition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        await using NpgsqlCommand command = _dataSource.CreateCommand(_load);
        command.Parameters.With(chain.Name).With(partition);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        ChainMarks marks = new(-1, -1, -1);
        ChainPoint? final = null;
        long term = 0;
        List<ChainPoint> known = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            marks = new ChainMarks(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
            final = await reader.IsDBNullAsync(3, cancellationToken) ? null : ReadPoint(reader, 3, chain.Format);
            known.Add(ReadPoint(reader, 6, chain.Format));
            term = reader.GetInt64(9);
        }

        return known.Count == 0 ? ScopeState.Empty : new ScopeState { Known = known, Finalized = final, Marks = marks, Term = term };
    }

    /// <inheritdoc/>
    public async ValueTask<ChainPoint?> ReadPointBelowAsync(Chain chain, int partition, long height, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        await using NpgsqlCommand command = _dataSource.CreateCommand(_pointBelow);
        command.Parameters.With(chain.Name).With(partition).With(height);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadPoint(reader, 0, chain.Format) : null;
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _commits.CommitAsync(batch, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<RegistrationResult> AddAddressesAsync(
        Chain chain, IReadOnlyList<WatchRegistration> registrations, DateTimeOffset at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(registrations);
        return _watchlist.AddAsync(chain, registrations, at, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _watchlist.RemoveAsync(chain, key, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<WatchedAddress> ListAddressesAsync(Chain chain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _watchlist.ListAsync(chain, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<WatchedAddress?> FindAddressAsync(Chain chain, AddressKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _watchlist.FindAsync(chain, key, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<long> CountAddressesAsync(Chain chain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _watchlist.CountAsync(chain, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<WatchChanges> ReadWatchChangesAsync(Chain chain, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _watchlist.ReadChangesAsync(chain, afterSequence, limit, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<BackScan>> ReadBackScansAsync(Chain chain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return await _backScans.ReadAsync(_dataSource, chain, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<BackScan?> ReadBackScanAsync(Chain chain, long id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return await _backScans.ReadOneAsync(_dataSource, chain, id, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitBackScanAsync(BackScanBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _commits.CommitBackScanAsync(batch, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<CoverageRange?> ReadSecondPassAsync(Chain chain, int partition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _secondPass.ReadAsync(chain, partition, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitSecondPassAsync(SecondPassBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _secondPass.CommitAsync(batch, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Delivery?> TakeDeliveryAsync(DateTimeOffset now, CancellationToken cancellationToken) => _outbox.TakeAsync(now, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OutboxState> ReadOutboxAsync(CancellationToken cancellationToken) => _outbox.ReadStateAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedDelivery>> ReadParkedAsync(int limit, CancellationToken cancellationToken) => _outbox.ReadParkedAsync(limit, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> ReplayAsync(long sequence, CancellationToken cancellationToken) => _outbox.ReplayAsync(sequence, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Payment>> ReadPaymentsAsync(Chain chain, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        await using NpgsqlCommand command = _dataSource.CreateCommand(_payments);
        command.Parameters.With(chain.Name).With(limit).With((long)chain.Format.OrdinalsPerOutput);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Payment> payments = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            payments.Add(PaymentColumns.Read(reader, 0, chain.Format) with { Spent = SpendStatements.Read(reader, PaymentColumns.Count, chain.Format) });
        }

        return payments;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<OutputId>> ReadOutputsAsync(Chain chain, long? spentAbove, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return await _spends.ReadOutputsAsync(_dataSource, chain, spentAbove, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Payment>> ReadUnwatchedPaymentsAsync(Chain chain, long aboveHeight, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        await using NpgsqlCommand command = _dataSource.CreateCommand(_unwatched);
        command.Parameters.With(chain.Name).With(aboveHeight);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await PaymentStatements.ReadTouchedAsync(reader, chain, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CoverageRange>> ReadCoverageAsync(Chain chain, long fromHeight, long toHeight, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        await using NpgsqlCommand command = _dataSource.CreateCommand(_coverage);
        command.Parameters.With(chain.Name).With(fromHeight).With(toHeight);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CoverageRange> ranges = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ranges.Add(new CoverageRange(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt32(3)));
        }

        return ranges;
    }

    /// <inheritdoc/>
    public async ValueTask<BlockCoverage> ReadBlockCoverageAsync(Chain chain, AddressKey key, long height, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        WatchedAddress? watched = await _watchlist.FindAsync(chain, key, cancellationToken);
        (bool pending, IReadOnlyList<BlockReading> readings) = await _readings.ReadAsync(_dataSource, chain, key, height, cancellationToken);
        return new BlockCoverage { Height = height, Address = watched, IsPending = pending, Readings = readings };
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DigestRange>> ReadDigestsAsync(Chain chain, long fromHeight, long toHeight, int parts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _digests.ReadAsync(chain, fromHeight, toHeight, parts, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PruneResult> PruneAsync(PruneRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _retention.PruneAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StoreSize> ReadSizeAsync(CancellationToken cancellationToken) => _retention.ReadSizeAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask RequestKeyRotationAsync(string chain, string endpoint, CancellationToken cancellationToken) => _keyRotations.RequestAsync(chain, endpoint, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeyRotationRequest>> ReadKeyRotationsAsync(long afterId, CancellationToken cancellationToken) => _keyRotations.ReadAsync(afterId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AuditAsync(string action, string entity, string? details, CancellationToken cancellationToken) => _audit.AppendAsync(action, entity, details, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<AuditEntry> ReadAuditAsync(long afterId, CancellationToken cancellationToken) => _audit.ReadAsync(afterId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<AuditHead> ReadAuditHeadAsync(CancellationToken cancellationToken) => _audit.ReadHeadAsync(cancellationToken);

    private static ChainPoint ReadPoint(NpgsqlDataReader reader, int at, ChainFormat format) =>
        new(reader.GetInt64(at), format.ParseHash(reader.GetString(at + 1))) { Slot = reader.GetInt64(at + 2) };
}
