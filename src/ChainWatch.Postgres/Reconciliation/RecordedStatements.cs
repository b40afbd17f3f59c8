using System.Data;
using System.Numerics;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>
/// Reads recorded payments as they stand while a point is canonical: point and payments in one snapshot, so that what is read belongs to that point's branch, whatever is committed meanwhile.
/// </summary>
internal sealed class RecordedStatements
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly string _check;
    private readonly string _sums;
    private readonly string _payments;
    private readonly string _byId;
    private readonly string _points;

    public RecordedStatements(NpgsqlDataSource dataSource, PostgresSchema schema)
    {
        _dataSource = dataSource;
        SpendStatements spends = new(schema);
        _check =
            $"""
            select exists (
                select from {schema}.cursor c join {schema}.block b on b.chain = c.chain and b.partition = c.partition and b.height = $2 and b.hash = $3 and b.canonical
                where c.chain = $1 and c.partition = 0 and c.height >= $2)
            """;
        _sums =
            $"""
            select u.position, p.asset, sum(p.amount)
            from unnest($2::bytea[], $3::bigint[], $4::bigint[]) with ordinality as u (key, from_height, to_height, position)
            join {schema}.payment p on p.chain = $1 and p.key = u.key and p.block_height >= u.from_height and p.block_height <= u.to_height and p.status <> 'retracted'
            group by u.position, p.asset
            """;
        _payments =
            $"""
            select {PaymentColumns.Of("p")}, {SpendStatements.Columns} from {schema}.payment p {spends.Join}($5, 0)
            where p.chain = $1 and p.key = any($2) and p.block_height >= $3 and p.block_height <= $4 and p.status <> 'retracted'
            order by p.block_height, p.tx_id, p.ordinal
            """;
        _byId =
            $"""
            select {PaymentColumns.Of("p")}, {SpendStatements.Columns}
            from unnest($2::text[], $3::bigint[]) as u (tx_id, ordinal)
            join {schema}.payment p on p.chain = $1 and p.tx_id = u.tx_id and p.ordinal = u.ordinal {spends.Join}($4, 0)
            """;
        _points = $"select height, hash, slot from {schema}.block where chain = $1 and partition = 0 and canonical and height >= $2 and height <= $3";
    }

    public Task<IReadOnlyList<IReadOnlyDictionary<string, BigInteger>>?> ReadSumsAsync(Chain chain, ChainPoint point, IReadOnlyList<RecordedRange> ranges, CancellationToken cancellationToken) => AtAsync<IReadOnlyList<IReadOnlyDictionary<string, BigInteger>>>(
        chain, point,
        batch => batch.AddCommand(_sums).Parameters
            .With(chain.Name)
            .WithArray(NpgsqlDbType.Bytea, ranges, static range => range.Key.Bytes.ToArray())
            .WithArray(NpgsqlDbType.Bigint, ranges, static range => range.FromHeight)
            .WithArray(NpgsqlDbType.Bigint, ranges, static range => range.ToHeight),
        async reader =>
        {
            Dictionary<string, BigInteger>[] sums = [.. ranges.Select(static _ => new Dictionary<string, BigInteger>(StringComparer.Ordinal))];
            while (await reader.ReadAsync(cancellationToken))
            {
                sums[reader.GetInt64(0) - 1].Add(reader.GetString(1), await reader.GetFieldValueAsync<BigInteger>(2, cancellationToken));
            }

            return sums;
        },
        cancellationToken);

    public Task<RecordedPayments?> ReadPaymentsAsync(
        Chain chain, ChainPoint point, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, bool withPoints, CancellationToken cancellationToken) => AtAsync<RecordedPayments>(
        chain, point,
        batch =>
        {
            batch.AddCommand(_payments).Parameters.With(chain.Name).WithKeys(keys).With(fromHeight).With(toHeight).With((long)chain.Format.OrdinalsPerOutput);
            if (withPoints)
            {
                batch.AddCommand(_points).Parameters.With(chain.Name).With(fromHeight).With(toHeight);
            }
        },
        async reader =>
        {
            List<Payment> payments = await ReadAllAsync(reader, chain, cancellationToken);
            Dictionary<long, ChainPoint> points = [];
            if (withPoints)
            {
                await reader.NextResultAsync(cancellationToken);
                while (await reader.ReadAsync(cancellationToken))
                {
                    points.Add(reader.GetInt64(0), ReadPoint(reader, chain));
                }
            }

            return new RecordedPayments { Payments = payments, Points = points };
        },
        cancellationToken);

    public Task<IReadOnlyDictionary<PaymentId, Payment>?> FindAsync(Chain chain, ChainPoint point, IReadOnlyList<PaymentId> ids, CancellationToken cancellationToken) => AtAsync<IReadOnlyDictionary<PaymentId, Payment>>(
        chain, point,
        batch => batch.AddCommand(_byId).Parameters
            .With(chain.Name)
            .WithArray(NpgsqlDbType.Text, ids, id => chain.Format.FormatHash(id.TransactionId))
            .WithArray(NpgsqlDbType.Bigint, ids, static id => id.Ordinal)
            .With((long)chain.Format.OrdinalsPerOutput),
        async reader => (await ReadAllAsync(reader, chain, cancellationToken)).DistinctBy(static payment => payment.Id).ToDictionary(static payment => payment.Id),
        cancellationToken);

    public async Task<ChainPoint?> FindPointAsync(Chain chain, long height, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_points);
        command.Parameters.With(chain.Name).With(height).With(height);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadPoint(reader, chain) : null;
    }

    private static ChainPoint ReadPoint(NpgsqlDataReader reader, Chain chain) => new(reader.GetInt64(0), chain.Format.ParseHash(reader.GetString(1))) { Slot = reader.GetInt64(2) };

    private static async Task<List<Payment>> ReadAllAsync(NpgsqlDataReader reader, Chain chain, CancellationToken cancellationToken)
    {
        List<Payment> payments = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            payments.Add(PaymentColumns.Read(reader, 0, chain.Format) with { Spent = SpendStatements.Read(reader, PaymentColumns.Count, chain.Format) });
        }

        return payments;
    }

    private async Task<T?> AtAsync<T>(Chain chain, ChainPoint point, Action<NpgsqlBatch> ask, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellationToken)
        where T : class
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using NpgsqlBatch batch = new(connection, transaction);
        batch.AddCommand(_check).Parameters.With(chain.Name).With(point.Height).With(chain.Format.FormatHash(point.Hash));
        ask(batch);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (!reader.GetBoolean(0))
        {
            return null;
        }

        await reader.NextResultAsync(cancellationToken);
        return await read(reader);
    }
}
