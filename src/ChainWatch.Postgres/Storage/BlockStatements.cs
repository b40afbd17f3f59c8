using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Writes blocks, coverage and the cursor.</summary>
internal sealed class BlockStatements
{
    private readonly string _insertBlocks;
    private readonly string _copyBlocks;
    private readonly string _knowsBlocks;
    private readonly string _cover;
    private readonly string _insertCursor;
    private readonly string _updateCursor;
    private readonly string _abandonBlocks;
    private readonly string _keepTarget;
    private readonly string _trimCoverage;
    private readonly string _shortenCoverage;
    private readonly string _lowerBackScans;
    private readonly string _endBackScans;

    public BlockStatements(PostgresSchema schema)
    {
        // A block that comes back after its branch was abandoned is there already.
        _insertBlocks =
            $"""
            insert into {schema}.block as b (chain, partition, height, hash, slot, parent_hash, canonical, mined_at)
            select $1, $2, u.height, u.hash, u.slot, u.parent_hash, true, u.mined_at
            from unnest($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[]) as u (height, hash, slot, parent_hash, mined_at)
            on conflict (chain, partition, height, hash) do update set canonical = true, parent_hash = excluded.parent_hash
            """;
        _copyBlocks = $"copy {schema}.block (chain, partition, height, hash, slot, parent_hash, canonical, mined_at) from stdin (format binary)";
        _knowsBlocks = $"select exists (select from {schema}.block where chain = $1 and partition = $2 and height between $3 and $4)";
        _cover = $"select {schema}.cover($1, $2, $3, $4, $5, $6)";
        _insertCursor =
            $"""
            insert into {schema}.cursor (chain, partition, height, hash, slot, term, safe_height, finalized_height, final_height, final_hash, final_slot, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """;
        _updateCursor =
            $"""
            update {schema}.cursor set height = $3, hash = $4, slot = $5, term = $6, safe_height = $7, finalized_height = $8,
                final_height = coalesce($9, final_height), final_hash = coalesce($10, final_hash), final_slot = coalesce($11, final_slot), updated_at = $12
            where chain = $1 and partition = $2
            """;
        _abandonBlocks = $"update {schema}.block set canonical = false where chain = $1 and partition = $2 and height > $3 and canonical";
        // Where a chain replaced even the first block that was ever read, the point before it is where the new branch begins.
        _keepTarget =
            $"""
            insert into {schema}.block as b (chain, partition, height, hash, slot, canonical) values ($1, $2, $3, $4, $5, true)
            on conflict (chain, partition, height, hash) do update set canonical = true where not b.canonical
            """;
        _trimCoverage = $"delete from {schema}.coverage where chain = $1 and partition = $2 and from_height > $3";
        _shortenCoverage = $"update {schema}.coverage set to_height = $3 where chain = $1 and partition = $2 and to_height > $3";
        _lowerBackScans = $"update {schema}.back_scan set to_height = $2 where chain = $1 and to_height > $2";
        _endBackScans = $"delete from {schema}.back_scan where chain = $1 and from_height > to_height";
    }

    /// <summary>Adds the statement that stores a batch's blocks.</summary>
    public void AddBlocks(NpgsqlBatch batch, CommitBatch write)
    {
        ChainFormat format = write.Chain.Format;
        batch.AddCommand(_insertBlocks).Parameters
            .With(write.Chain.Name).With(write.Partition)
            .WithArray(NpgsqlDbType.Bigint, write.Blocks, static block => block.Point.Height)
            .WithArray(NpgsqlDbType.Text, write.Blocks, block => format.FormatHash(block.Point.Hash))
            .WithArray(NpgsqlDbType.Bigint, write.Blocks, static block => block.Point.Slot)
            .WithArray(NpgsqlDbType.Text, write.Blocks, block => format.FormatHash(block.ParentHash))
            .WithArray(NpgsqlDbType.TimestampTz, write.Blocks, MinedAt);
    }

    /// <summary>Adds the question whether blocks at these heights were ever stored: then they cannot be copied blindly.</summary>
    public void AddKnowsBlocks(NpgsqlBatch batch, CommitBatch write) => batch.AddCommand(_knowsBlocks).Parameters
        .With(write.Chain.Name).With(write.Partition)
        .With(write.Blocks.Count > 0 ? write.Blocks[0].Point.Height : 0).With(write.Blocks.Count > 0 ? write.Blocks[^1].Point.Height : -1);

    /// <summary>Stores a batch's blocks by binary copy.</summary>
    public async Task CopyBlocksAsync(NpgsqlConnection connection, CommitBatch write, CancellationToken cancellationToken)
    {
        foreach (BlockHeader[] slice in write.Blocks.Chunk(PaymentStatements.CopySlice))
        {
            await using BinaryCopy copy = await BinaryCopy.BeginAsync(connection, _copyBlocks, write.Chain.Format, cancellationToken);
            foreach (BlockHeader block in slice)
            {
                await copy.StartRowAsync(8, cancellationToken);
                copy.Text(write.Chain.Name);
                copy.Integer(write.Partition);
                copy.BigInt(block.Point.Height);
                copy.Hash(block.Point.Hash);
                copy.BigInt(block.Point.Slot);
                copy.Hash(block.ParentHash);
                copy.Boolean(true);
                copy.Time(block.Timestamp == default ? null : block.Timestamp);
            }

            await copy.CompleteAsync(cancellationToken);
        }
    }

    /// <summary>Adds the statement that stores a batch's coverage.</summary>
    public void AddCoverage(NpgsqlBatch batch, CommitBatch write) => AddCoverage(batch, write.Chain, write.Partition, write.Coverage);

    /// <summary>Adds the statement that stores coverage of one pass.</summary>
    public void AddCoverage(NpgsqlBatch batch, Chain chain, int partition, IReadOnlyList<CoverageRange> coverage)
    {
        List<CoverageRange> ranges = Merge(coverage);
        batch.AddCommand(_cover).Parameters
            .With(chain.Name).With(partition)
            .WithArray(NpgsqlDbType.Bigint, ranges, static range => range.FromHeight)
            .WithArray(NpgsqlDbType.Bigint, ranges, static range => range.ToHeight)
            .WithArray(NpgsqlDbType.Text, ranges, static range => PostgresText.Clean(range.Endpoint))
            .WithArray(NpgsqlDbType.Integer, ranges, static range => range.Pass);
    }

    /// <summary>Ranges with neighbours of the same endpoint and pass put together.</summary>
    public static List<CoverageRange> Merge(IReadOnlyList<CoverageRange> coverage)
    {
        List<CoverageRange> ranges = [];
        foreach (CoverageRange range in coverage)
        {
            if (ranges.Count > 0 && ranges[^1] is { } last && last.ToHeight + 1 == range.FromHeight && last.Pass == range.Pass &&
                string.Equals(last.Endpoint, range.Endpoint, StringComparison.Ordinal))
            {
                ranges[^1] = last with { ToHeight = range.ToHeight };
            }
            else
            {
                ranges.Add(range);
            }
        }

        return ranges;
    }

    /// <summary>When a block was mined, where that is known.</summary>
    public static DateTime? MinedAt(BlockHeader block) => block.Timestamp == default ? null : block.Timestamp.UtcDateTime;

    /// <summary>Adds the statement that moves the cursor.</summary>
    public void AddCursor(NpgsqlBatch batch, CommitBatch write, ChainPoint cursor)
    {
        ChainFormat format = write.Chain.Format;
        ChainPoint? final = write.Finalized;
        // The first commit inserts, so that of two writers one fails whatever they believe.
        batch.AddCommand(write.Cursor is null ? _insertCursor : _updateCursor).Parameters
            .With(write.Chain.Name).With(write.Partition)
            .With(cursor.Height).With(format.FormatHash(cursor.Hash)).With(cursor.Slot).With(write.Term)
            .With(write.Marks.Safe).With(write.Marks.Finalized)
            .With(final?.Height).With(final is null ? null : format.FormatHash(final.Value.Hash)).With(final?.Slot)
            .With(write.At);
    }

    /// <summary>Adds the statements that take back what lies above a rollback's target.</summary>
    public void AddRollBack(NpgsqlBatch batch, CommitBatch write, ChainPoint target)
    {
        string chain = write.Chain.Name;
        batch.AddCommand(_abandonBlocks).Parameters.With(chain).With(write.Partition).With(target.Height);
        batch.AddCommand(_keepTarget).Parameters.With(chain).With(write.Partition).With(target.Height).With(write.Chain.Format.FormatHash(target.Hash)).With(target.Slot);
        batch.AddCommand(_trimCoverage).Parameters.With(chain).With(write.Partition).With(target.Height);
        batch.AddCommand(_shortenCoverage).Parameters.With(chain).With(write.Partition).With(target.Height);
        AddLowerBackScans(batch, write.Chain, target.Height);
    }

    /// <summary>Adds the statements that end back-scans at a height: what lies above is matched by the follower itself.</summary>
    public void AddLowerBackScans(NpgsqlBatch batch, Chain chain, long height)
    {
        batch.AddCommand(_lowerBackScans).Parameters.With(chain.Name).With(height);
        batch.AddCommand(_endBackScans).Parameters.With(chain.Name);
    }
}
