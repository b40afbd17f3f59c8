namespace ChainWatch.Postgres;

/// <summary>The statements that compare the tables of a rebuilt schema with the live ones, and take them over. All of them take the chain as $1, the first height as $2 and the last as $3.</summary>
internal sealed class RebuildStatements
{
    private const string Same = "(r.key, r.address, r.asset, r.amount, r.tag, r.block_height, r.block_hash) is not distinct from (l.key, l.address, l.asset, l.amount, l.tag, l.block_height, l.block_hash)";

    public RebuildStatements(PostgresSchema live, PostgresSchema rebuilt)
    {
        // The newest block that both hold; all of the rebuilt one where the live one holds nothing.
        CommonHeight =
            $"""
            select coalesce(
                (select b.height from {live}.block b
                    join {rebuilt}.block r on r.chain = b.chain and r.partition = b.partition and r.height = b.height and r.hash = b.hash and r.canonical
                    where b.chain = $1 and b.partition = 0 and b.canonical and b.height <= least(
                        (select c.height from {live}.cursor c where c.chain = $1 and c.partition = 0), (select c.height from {rebuilt}.cursor c where c.chain = $1 and c.partition = 0))
                    order by b.height desc limit 1),
                (select c.height from {rebuilt}.cursor c where c.chain = $1 and c.partition = 0 and not exists (select from {live}.cursor l where l.chain = $1 and l.partition = 0)))
            """;
        FirstHeight = $"select min(from_height) from {rebuilt}.coverage where chain = $1 and partition = 0 and pass = 1";
        HasCursor = $"select exists (select from {live}.cursor where chain = $1 and partition = 0)";

        // Payments that the rebuild found for another address than they were told of for; where no event is left, than their row says.
        Takers =
            $"""
            select r.tx_id, r.ordinal, r.key, r.tag, coalesce(e.key, l.key), coalesce(e.address, l.address)
            from {rebuilt}.payment r
            left join {live}.payment l on l.chain = r.chain and l.tx_id = r.tx_id and l.ordinal = r.ordinal
            left join lateral (
                select e.key, e.address, e.status from {live}.payment_event e where e.tx_id = r.tx_id and e.ordinal = r.ordinal and e.chain = r.chain order by e.sequence desc limit 1) e on true
            where r.chain = $1 and r.block_height between $2 and $3 and r.status <> 'retracted' and l.key is distinct from r.key
                and coalesce(e.status, l.status) <> 'retracted' and coalesce(e.key, l.key) <> r.key
            """;
        const string given = "unnest($4::text[], $5::bigint[], $6::bytea[], $7::text[]) as u (tx_id, ordinal, key, address)";
        KeepTakers =
        [
            $"update {rebuilt}.payment r set key = u.key, address = u.address from {given} where r.chain = $1 and r.block_height between $2 and $3 and r.tx_id = u.tx_id and r.ordinal = u.ordinal",
            // Of an address that the rebuild does not know nothing can be said.
            $"""
            delete from {rebuilt}.payment r using {given} where r.chain = $1 and r.block_height between $2 and $3 and r.tx_id = u.tx_id and r.ordinal = u.ordinal
                and not exists (select from {rebuilt}.watched_address w where w.chain = r.chain and w.key = u.key)
            """,
        ];

        // What the live system had no reason to find: before the first block that counts for the address, which is not watched any more and never had this payment, or which a back-scan has still to read.
        Tidy =
            $"""
            delete from {rebuilt}.payment p where p.chain = $1 and p.block_height between $2 and $3
                and not exists (select from {live}.payment l where l.chain = p.chain and l.tx_id = p.tx_id and l.ordinal = p.ordinal)
                and (not exists (select from {live}.watched_address w where w.chain = p.chain and w.key = p.key and w.from_height <= p.block_height)
                    or exists (select from {live}.back_scan s where s.chain = p.chain and p.block_height between s.from_height and s.to_height and p.key = any (s.keys)))
            """;
        string both =
            $"""
            with r as (
                select p.* from {rebuilt}.payment p where p.chain = $1 and p.status <> 'retracted' and p.block_height between $2 and $3
            ), l as (
                -- Addresses that were registered so late that the rebuild does not know them cannot be judged.
                select p.* from {live}.payment p where p.chain = $1 and p.status <> 'retracted' and p.block_height between $2 and $3
                    and exists (select from {rebuilt}.watched_address w where w.chain = p.chain and w.key = p.key)
            )
            """;
        string differing =
            $"""
            {both}, d as (
                select coalesce(r.tx_id, l.tx_id) as tx_id, coalesce(r.ordinal, l.ordinal) as ordinal, coalesce(r.block_height, l.block_height) as height
                from r full join l on r.tx_id = l.tx_id and r.ordinal = l.ordinal
                where r.tx_id is null or l.tx_id is null or not ({Same})
            )
            """;
        // In one go over both, with nothing set aside: the live system waits for it.
        Count =
            $"""
            {both}
            select count(*) filter (where r.tx_id is null or l.tx_id is null or not ({Same})), count(r.tx_id), count(*) filter (where r.tx_id is null)
            from r full join l on r.tx_id = l.tx_id and r.ordinal = l.ordinal
            """;
        Differences =
            $"""
            {differing}
            -- With $5 also those that the rebuild did not find.
            select r.tx_id is not null, o.tx_id is not null, e.tx_id is not null, {PaymentColumns.Of("r")}, {PaymentColumns.Of("o")}, {PaymentColumns.Of("e")}
            from (
                select * from d where $5 or exists (select from r where r.tx_id = d.tx_id and r.ordinal = d.ordinal) order by height, tx_id, ordinal limit $4) d
            left join r on r.tx_id = d.tx_id and r.ordinal = d.ordinal
            left join {live}.payment o on o.chain = $1 and o.tx_id = d.tx_id and o.ordinal = d.ordinal
            left join lateral (
                select * from {live}.payment_event e where e.tx_id = d.tx_id and e.ordinal = d.ordinal and e.chain = $1 order by e.sequence desc limit 1) e on true
            order by d.height, d.tx_id, d.ordinal
            """;
        References = $"select w.key, w.reference_type, w.reference_id from {live}.watched_address w where w.chain = $1 and w.key = any ($2::bytea[])";
        Marks = $"select height, safe_height, finalized_height from {live}.cursor where chain = $1 and partition = 0 for update";
        RebuiltMarks = $"select height, safe_height, finalized_height from {rebuilt}.cursor where chain = $1 and partition = 0";
        TakeOver =
        [
            $"""
            update {live}.block b set canonical = false where b.chain = $1 and b.partition = 0 and b.canonical and b.height between $2 and $3
                and not exists (select from {rebuilt}.block r where r.chain = b.chain and r.partition = b.partition and r.height = b.height and r.hash = b.hash and r.canonical)
            """,
            $"""
            insert into {live}.block as b (chain, partition, height, hash, slot, parent_hash, canonical, mined_at, read_at)
            select r.chain, r.partition, r.height, r.hash, r.slot, r.parent_hash, true, r.mined_at, r.read_at from {rebuilt}.block r
            where r.chain = $1 and r.partition = 0 and r.canonical and r.height between $2 and $3
                and not exists (select from {live}.block o where o.chain = r.chain and o.partition = r.partition and o.height = r.height and o.hash = r.hash and o.canonical)
            on conflict (chain, partition, height, hash) do update set canonical = true, parent_hash = excluded.parent_hash
            """,
            // What was read above stays as it is, also where one range says both.
            $"""
            insert into {live}.coverage (chain, partition, pass, from_height, to_height, endpoint, first_read_at, last_read_at)
            select chain, partition, pass, $3 + 1, to_height, endpoint, first_read_at, last_read_at from {live}.coverage
            where chain = $1 and partition = 0 and pass = 1 and from_height <= $3 and to_height > $3
            """,
            $"update {live}.coverage set to_height = $2 - 1 where chain = $1 and partition = 0 and pass = 1 and from_height < $2 and to_height >= $2",
            $"delete from {live}.coverage where chain = $1 and partition = 0 and pass = 1 and from_height between $2 and $3",
            $"""
            insert into {live}.coverage (chain, partition, pass, from_height, to_height, endpoint, first_read_at, last_read_at)
            select chain, partition, pass, greatest(from_height, $2), least(to_height, $3), endpoint, first_read_at, last_read_at from {rebuilt}.coverage
            where chain = $1 and partition = 0 and pass = 1 and from_height <= $3 and to_height >= $2
            """,
            // Outputs of payments in older blocks are unknown to the rebuild, and so are their spendings.
            $"""
            delete from {live}.spend s where s.chain = $1 and s.block_height between $2 and $3
                and exists (select from {rebuilt}.payment p where p.chain = s.chain and p.tx_id = s.tx_id)
                and not exists (select from {rebuilt}.spend r where r.chain = s.chain and r.tx_id = s.tx_id and r.output = s.output)
            """,
            $"""
            insert into {live}.spend (chain, tx_id, output, spent_by, block_height, block_hash, block_slot, partition)
            select chain, tx_id, output, spent_by, block_height, block_hash, block_slot, partition from {rebuilt}.spend
            where chain = $1 and block_height between $2 and $3
            on conflict (chain, tx_id, output) do update
            set spent_by = excluded.spent_by, block_height = excluded.block_height, block_hash = excluded.block_hash, block_slot = excluded.block_slot
            """,
        ];
        // Where the live tables were empty, the follower goes on behind the rebuilt blocks, and back-scans end before them.
        Begin =
        [
            $"""
            insert into {live}.cursor (chain, partition, height, hash, slot, term, safe_height, finalized_height, final_height, final_hash, final_slot, updated_at)
            select c.chain, c.partition, c.height, c.hash, c.slot, $4, c.safe_height, c.finalized_height, c.final_height, c.final_hash, c.final_slot, now()
            from {rebuilt}.cursor c where c.chain = $1 and c.partition = 0
            """,
            $"update {live}.back_scan set to_height = $2 - 1 where chain = $1 and to_height > $2 - 1",
            $"delete from {live}.back_scan where chain = $1 and from_height > to_height",
        ];
        DeliverAgain =
            $"""
            insert into {live}.outbox (sequence, chain, tx_id, ordinal, occurred_at, due_at)
            select e.sequence, e.chain, e.tx_id, e.ordinal, $4, $4 from {live}.payment_event e
            join {live}.payment p on p.chain = e.chain and p.tx_id = e.tx_id and p.ordinal = e.ordinal
            where p.chain = $1 and p.block_height between $2 and $3
            on conflict (sequence) do nothing
            """;
        Audit = $"select {live}.audit('rebuild', $1, $2)";
    }

    public string CommonHeight { get; }

    public string FirstHeight { get; }

    public string HasCursor { get; }

    public string Takers { get; }

    /// <summary>Both take identities, keys and addresses as $4 to $7.</summary>
    public IReadOnlyList<string> KeepTakers { get; }

    public string Tidy { get; }

    public string Count { get; }

    public string Differences { get; }

    public string References { get; }

    public string Marks { get; }

    public string RebuiltMarks { get; }

    public IReadOnlyList<string> TakeOver { get; }

    public IReadOnlyList<string> Begin { get; }

    public string DeliverAgain { get; }

    public string Audit { get; }
}
