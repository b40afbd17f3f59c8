using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>The statement that every write of a scope begins with: it refuses what the newest term, the cursor or the watchlist forbid, and holds all three until the transaction ends.</summary>
internal sealed class PostgresFence
{
    private readonly string _sql;
    private readonly string _timeout;

    public PostgresFence(PostgresSchema schema, TimeSpan writeTimeout)
    {
        _sql = $"select height, safe_height, finalized_height from {schema}.fence($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        _timeout = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(long)writeTimeout.TotalMilliseconds}ms");
    }

    /// <summary>Makes it the batch's next command: cursor and watchlist must be where the follower believes them.</summary>
    public void AddTo(NpgsqlBatch batch, CommitBatch write)
    {
        ChainPoint? cursor = write.Cursor;
        batch.AddCommand(_sql).Parameters
            .With(WatchScope.For(write.Chain, write.Partition)).With(write.Term).With(write.Chain.Name).With(write.Partition).With(_timeout)
            .With(true).With(cursor?.Height).With(cursor is null ? null : write.Chain.Format.FormatHash(cursor.Value.Hash)).With(cursor?.Slot)
            .With(true).With(write.WatchSequence);
    }

    /// <summary>Makes it the batch's next command: the cursor is held, wherever it stands.</summary>
    public void AddTo(NpgsqlBatch batch, BackScanBatch write) => AddTo(batch, write.Chain, write.Partition, write.Term);

    /// <summary>Makes it the batch's next command: the cursor is held, wherever it stands.</summary>
    public void AddTo(NpgsqlBatch batch, Chain chain, int partition, long term) => batch.AddCommand(_sql).Parameters
        .With(WatchScope.For(chain, partition)).With(term).With(chain.Name).With(partition).With(_timeout)
        .With(false).With((long?)null).With((string?)null).With((long?)null)
        .With(false).With((long?)null);
}
