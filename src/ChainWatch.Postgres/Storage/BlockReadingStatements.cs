using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>Records what back-scans read, and says of a block when it was read.</summary>
internal sealed class BlockReadingStatements
{
    private readonly string _grow;
    private readonly string _rollBack;
    private readonly string _shorten;
    private readonly string _pending;
    private readonly string _readings;

    public BlockReadingStatements(PostgresSchema schema)
    {
        // The last range grows while the same endpoint goes on serving. The back-scan itself may end in the same transaction: this comes before.
        _grow =
            $"""
            with grown as (
                update {schema}.back_scan_reading set to_height = $3, last_read_at = now() where id = $1 and to_height = $2 - 1 and endpoint = $4 returning 1
            )
            insert into {schema}.back_scan_reading (id, chain, keys, from_height, to_height, endpoint)
            select s.id, s.chain, s.keys, $2, $3, $4 from {schema}.back_scan s where s.id = $1 and not exists (select from grown)
            on conflict (id, from_height) do update set to_height = greatest(excluded.to_height, back_scan_reading.to_height), last_read_at = now()
            """;
        _rollBack = $"delete from {schema}.back_scan_reading where chain = $1 and from_height > $2";
        _shorten = $"update {schema}.back_scan_reading set to_height = $2 where chain = $1 and from_height <= $2 and to_height > $2";
        _pending = $"select exists (select from {schema}.back_scan where chain = $1 and $2 between from_height and to_height and $3 = any (keys))";
        _readings =
            $"""
            select 0 as pass, r.endpoint, r.first_read_at, r.last_read_at from {schema}.back_scan_reading r
            where r.chain = $1 and r.from_height <= $2 and r.to_height >= $2 and $3 = any (r.keys)
            union all
            select c.pass, c.endpoint, coalesce(b.read_at, c.first_read_at), coalesce(b.read_at, c.last_read_at) from {schema}.coverage c
            left join {schema}.block b on c.pass = 1 and b.chain = c.chain and b.partition = c.partition and b.height = $2 and b.canonical
            where c.chain = $1 and c.from_height <= $2 and c.to_height >= $2
            order by 1, 3
            """;
    }

    /// <summary>Adds what records a piece of a back-scan.</summary>
    public void AddPiece(NpgsqlBatch batch, BackScanBatch write)
    {
        foreach (CoverageRange range in write.Coverage)
        {
            batch.AddCommand(_grow).Parameters.With(write.BackScanId).With(range.FromHeight).With(range.ToHeight).With(PostgresText.Clean(range.Endpoint));
        }
    }

    /// <summary>Adds what takes back the readings of blocks above a height.</summary>
    public void AddRollBack(NpgsqlBatch batch, Chain chain, long height)
    {
        batch.AddCommand(_rollBack).Parameters.With(chain.Name).With(height);
        batch.AddCommand(_shorten).Parameters.With(chain.Name).With(height);
    }

    /// <summary>Reads when a block was read for an address.</summary>
    public async Task<(bool IsPending, IReadOnlyList<BlockReading> Readings)> ReadAsync(NpgsqlDataSource dataSource, Chain chain, AddressKey key, long height, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = dataSource.CreateBatch();
        batch.AddCommand(_pending).Parameters.With(chain.Name).With(height).With(key);
        batch.AddCommand(_readings).Parameters.With(chain.Name).With(height).With(key);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        bool pending = reader.GetBoolean(0);
        await reader.NextResultAsync(cancellationToken);
        List<BlockReading> readings = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            readings.Add(new BlockReading { Pass = reader.GetInt32(0), Endpoint = reader.GetString(1), NotBefore = ReadTime(reader, 2), NotAfter = ReadTime(reader, 3) });
        }

        return (pending, readings);
    }

    private static DateTimeOffset? ReadTime(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetFieldValue<DateTimeOffset>(at);
}
