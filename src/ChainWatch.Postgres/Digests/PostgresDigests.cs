using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>Digests of payments, computed where the payments are.</summary>
internal sealed class PostgresDigests
{
    // What PaymentDigest.Of takes, in its order.
    private static readonly string[] s_fields = ["tx_id", "ordinal::text", "address", "asset", "amount::text", "tag", "block_height::text", "block_hash"];

    private readonly NpgsqlDataSource _dataSource;
    private readonly string _sql;

    public PostgresDigests(NpgsqlDataSource dataSource, PostgresSchema schema)
    {
        _dataSource = dataSource;
        string text = string.Join(" || ", s_fields.Select(field => $"{schema}.hash_field({field})"));
        string[] parts = [.. Enumerable.Range(0, 4).Select(static part => $"bit_xor(('x' || substr(h.hex, {(part * 16) + 1}, 16))::bit(64)::bigint)")];
        _sql =
            $"""
            select h.part, count(*), count(*) filter (where h.status = 'confirmed'), {string.Join(", ", parts)}
            from (
                select (block_height - $2) / $4 as part, status, encode(sha256(convert_to({text}, 'UTF8')), 'hex') as hex
                from {schema}.payment where chain = $1 and block_height between $2 and $3 and status <> 'retracted') h
            group by h.part
            """;
    }

    public async ValueTask<IReadOnlyList<DigestRange>> ReadAsync(Chain chain, long fromHeight, long toHeight, int parts, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_sql);
        command.Parameters.With(chain.Name).With(fromHeight).With(toHeight).With(DigestComparison.WidthOf(fromHeight, toHeight, parts));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<long, PaymentDigest> digests = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            digests.Add(
                reader.GetInt64(0),
                new PaymentDigest(reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6)));
        }

        return DigestComparison.Divide(fromHeight, toHeight, parts, digests);
    }
}
