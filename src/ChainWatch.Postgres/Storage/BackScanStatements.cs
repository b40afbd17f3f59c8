using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Reads back-scans and moves them on.</summary>
internal sealed class BackScanStatements
{
    private readonly string _select;
    private readonly string _selectOne;
    private readonly string _check;
    private readonly string _moveOn;
    private readonly string _end;
    private readonly string _queue;
    private readonly string _isBeyond;

    public BackScanStatements(PostgresSchema schema)
    {
        _select = $"select id, keys, from_height, to_height from {schema}.back_scan where chain = $1 order by id";
        _selectOne = $"select id, keys, from_height, to_height from {schema}.back_scan where chain = $1 and id = $2";
        // One row where the piece fits: it begins where the back-scan stands, and no block of it contradicts a stored one.
        _check =
            $"""
            select s.to_height from {schema}.back_scan s
            where s.chain = $1 and s.id = $3 and s.from_height = ($4::bigint[])[1] and not exists (
                select from unnest($4::bigint[], $5::text[]) as u (height, hash)
                join {schema}.block b on b.chain = $1 and b.partition = $2 and b.height = u.height and b.canonical
                where b.hash <> u.hash)
            for update of s
            """;
        _moveOn = $"update {schema}.back_scan set from_height = $2, to_height = greatest(to_height, $3) where id = $1";
        _end = $"delete from {schema}.back_scan where id = $1 and from_height > to_height";
        _queue = $"insert into {schema}.back_scan (chain, keys, from_height, to_height) values ($1, $2, $3, $4) returning id";
        _isBeyond = $"select not exists (select from {schema}.back_scan where chain = $1 and id = $2 and from_height <= $3)";
    }

    /// <summary>Reads the back-scans of a chain, oldest first.</summary>
    public async Task<IReadOnlyList<BackScan>> ReadAsync(NpgsqlDataSource dataSource, Chain chain, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(_select);
        command.Parameters.With(chain.Name);
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Reads one back-scan.</summary>
    public async Task<BackScan?> ReadOneAsync(NpgsqlDataSource dataSource, Chain chain, long id, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(_selectOne);
        command.Parameters.With(chain.Name).With(id);
        return (await ReadAllAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>True when the back-scan has passed a height, or is done.</summary>
    public async Task<bool> IsBeyondAsync(NpgsqlDataSource dataSource, Chain chain, long id, long height, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(_isBeyond);
        command.Parameters.With(chain.Name).With(id).With(height);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Adds the statement that holds the back-scan and answers its last height, if the piece fits.</summary>
    public void AddCheck(NpgsqlBatch batch, BackScanBatch write)
    {
        ChainFormat format = write.Chain.Format;
        batch.AddCommand(_check).Parameters
            .With(write.Chain.Name).With(write.Partition).With(write.BackScanId)
            .WithArray(NpgsqlDbType.Bigint, write.Blocks, static block => block.Point.Height)
            .WithArray(NpgsqlDbType.Text, write.Blocks, block => format.FormatHash(block.Point.Hash));
    }

    /// <summary>Adds the statements that move a back-scan on, to a later end where it has one now, and end it where it is done.</summary>
    public void AddMoveOn(NpgsqlBatch batch, long id, long fromHeight, long toHeight)
    {
        batch.AddCommand(_moveOn).Parameters.With(id).With(fromHeight).With(toHeight);
        batch.AddCommand(_end).Parameters.With(id);
    }

    /// <summary>Adds the statement that queues a back-scan, and returns its number.</summary>
    public void AddQueue(NpgsqlBatch batch, Chain chain, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight) =>
        batch.AddCommand(_queue).Parameters.With(chain.Name).WithArray(NpgsqlDbType.Bytea, keys, static key => key.Bytes.ToArray()).With(fromHeight).With(toHeight);

    private static async Task<IReadOnlyList<BackScan>> ReadAllAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        List<BackScan> scans = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            scans.Add(ReadRow(reader));
        }

        return scans;
    }

    private static BackScan ReadRow(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        Keys = [.. reader.GetFieldValue<byte[][]>(1).Select(static bytes => new AddressKey(bytes))],
        FromHeight = reader.GetInt64(2),
        ToHeight = reader.GetInt64(3),
    };
}
