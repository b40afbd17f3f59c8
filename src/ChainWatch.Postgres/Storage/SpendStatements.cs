using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Writes and reads which outputs of payments are spent. On chains of accounts nothing is asked of the server.</summary>
internal sealed class SpendStatements
{
    private readonly string _rollBack;
    private readonly string _insert;
    private readonly string _selectUnspent;
    private readonly string _selectSpent;

    public SpendStatements(PostgresSchema schema)
    {
        _rollBack = $"delete from {schema}.spend where chain = $1 and partition = $2 and block_height > $3";
        _insert =
            $"""
            insert into {schema}.spend (chain, partition, tx_id, output, spent_by, block_height, block_hash, block_slot)
            select $1, $2, u.* from unnest($3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::bigint[]) as u (tx_id, output, spent_by, height, hash, slot)
            where exists (
                select from {schema}.payment p
                where p.chain = $1 and p.tx_id = u.tx_id and p.ordinal >= u.output * $9 and p.ordinal < (u.output + 1) * $9 and p.status <> 'retracted')
            on conflict (chain, tx_id, output) do update
            set spent_by = excluded.spent_by, block_height = excluded.block_height, block_hash = excluded.block_hash, block_slot = excluded.block_slot
            """;
        _selectUnspent =
            $"""
            select distinct p.tx_id, p.ordinal / $2 from {schema}.payment p
            where p.chain = $1 and p.ordinal >= 0 and p.status <> 'retracted'
                and not exists (select from {schema}.spend s where s.chain = p.chain and s.tx_id = p.tx_id and s.output = p.ordinal / $2)
            """;
        _selectSpent = $"select tx_id, output from {schema}.spend where chain = $1 and block_height > $2";
        Join = $"left join {schema}.spend s on s.chain = p.chain and s.tx_id = p.tx_id and p.ordinal >= 0 and s.output = p.ordinal / nullif";
    }

    /// <summary>Joins <c>s</c>, the spending, to payments <c>p</c>; followed by a pair of brackets with the parameter of <see cref="ChainFormat.OrdinalsPerOutput"/> and 0.</summary>
    public string Join { get; }

    /// <summary>The columns of <c>s</c> that <see cref="Read"/> reads.</summary>
    public const string Columns = "s.spent_by, s.block_height, s.block_hash, s.block_slot";

    /// <summary>Adds the statement that takes spendings above a point back.</summary>
    public void AddRollBack(NpgsqlBatch batch, Chain chain, int partition, ChainPoint target)
    {
        if (chain.Format.OrdinalsPerOutput > 0)
        {
            batch.AddCommand(_rollBack).Parameters.With(chain.Name).With(partition).With(target.Height);
        }
    }

    /// <summary>Adds the statement that records spendings; it must come after those that write the payments.</summary>
    public void AddSpends(NpgsqlBatch batch, Chain chain, int partition, IReadOnlyList<OutputSpent> spends)
    {
        if (spends.Count == 0)
        {
            return;
        }

        OutputSpent[] each = [.. spends.DistinctBy(static spent => spent.Output)];
        ChainFormat format = chain.Format;
        batch.AddCommand(_insert).Parameters
            .With(chain.Name).With(partition)
            .WithArray(NpgsqlDbType.Text, each, spent => format.FormatHash(spent.Output.TransactionId))
            .WithArray(NpgsqlDbType.Bigint, each, static spent => spent.Output.Index)
            .WithArray(NpgsqlDbType.Text, each, spent => format.FormatHash(spent.SpentBy))
            .WithArray(NpgsqlDbType.Bigint, each, static spent => spent.Block.Height)
            .WithArray(NpgsqlDbType.Text, each, spent => format.FormatHash(spent.Block.Hash))
            .WithArray(NpgsqlDbType.Bigint, each, static spent => spent.Block.Slot)
            .With((long)format.OrdinalsPerOutput);
    }

    /// <summary>Reads outputs of payments: the unspent ones, or those spent above a height.</summary>
    public async Task<IReadOnlyList<OutputId>> ReadOutputsAsync(NpgsqlDataSource dataSource, Chain chain, long? spentAbove, CancellationToken cancellationToken)
    {
        if (chain.Format.OrdinalsPerOutput == 0)
        {
            return [];
        }

        await using NpgsqlCommand command = dataSource.CreateCommand(spentAbove is null ? _selectUnspent : _selectSpent);
        command.Parameters.With(chain.Name).With(spentAbove ?? chain.Format.OrdinalsPerOutput);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<OutputId> outputs = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            outputs.Add(new OutputId(chain.Format.ParseHash(reader.GetString(0)), reader.GetInt64(1)));
        }

        return outputs;
    }

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static Spending? Read(NpgsqlDataReader reader, int at, ChainFormat format) => reader.IsDBNull(at)
        ? null
        : new Spending { TransactionId = reader.GetString(at), Block = new ChainPoint(reader.GetInt64(at + 1), format.ParseHash(reader.GetString(at + 2))) { Slot = reader.GetInt64(at + 3) } };
}
