-- When blocks were read, and what pruning needs. The growing tables are not partitioned by month: a payment's identity must stay unique in the whole of its table, which a partitioned
-- table can only promise for keys that hold the month, and events and blocks are written by functions whose plans should not grow with the number of months. What goes is
-- deleted in the order of an index, a few rows at a time, and the room is used again.

alter table $schema$.block add column read_at timestamptz;
alter table $schema$.block alter column read_at set default now();
comment on column $schema$.block.read_at is 'When it was committed first; null for what older versions wrote.';

alter table $schema$.coverage add column first_read_at timestamptz, add column last_read_at timestamptz;
alter table $schema$.coverage alter column first_read_at set default now(), alter column last_read_at set default now();
comment on column $schema$.coverage.first_read_at is 'When the first of these blocks was committed; last_read_at says when the last was. Null for what older versions wrote.';
comment on column $schema$.coverage.endpoint is 'The endpoint''s configured name; several, divided by '', '', where old ranges were put together.';

alter table $schema$.block set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table $schema$.payment_event set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table $schema$.coverage set (autovacuum_vacuum_scale_factor = 0.05);

create or replace function $schema$.cover(p_chain text, p_partition integer, p_from bigint[], p_to bigint[], p_endpoints text[], p_passes integer[]) returns void
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $cover$
declare
    v_from bigint;
    v_grows boolean := false;
begin
    if coalesce(cardinality(p_from), 0) = 0 then
        return;
    end if;

    select c.from_height, c.to_height = p_from[1] - 1 and c.endpoint = p_endpoints[1] into v_from, v_grows from $schema$.coverage c
    where c.chain = p_chain and c.partition = p_partition and c.pass = p_passes[1] order by c.from_height desc limit 1;
    if v_grows then
        update $schema$.coverage c set to_height = p_to[1], last_read_at = now() where c.chain = p_chain and c.partition = p_partition and c.pass = p_passes[1] and c.from_height = v_from;
    end if;

    if cardinality(p_from) > 1 or v_grows is not true then
        insert into $schema$.coverage (chain, partition, pass, from_height, to_height, endpoint)
        select p_chain, p_partition, u.pass, u.from_height, u.to_height, u.endpoint
        from unnest(p_from, p_to, p_endpoints, p_passes) with ordinality as u (from_height, to_height, endpoint, pass, position)
        where u.position > 1 or v_grows is not true;
    end if;
end
$cover$;
