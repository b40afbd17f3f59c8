-- Fewer and narrower index entries for a payment, and functions for what is written and taken all the time: a session keeps their plans, so that nothing is planned again for
-- each block and each delivery, and none of it needs prepared statements, which transaction poolers do not let through.

-- Transaction ids are long and in no order, so each index on them costs as much as the rest of a row. One keeps payments unique; the others need not hold the ids themselves.
drop index $schema$.payment_event_by_payment;
create index payment_event_by_transaction on $schema$.payment_event using hash (tx_id);
drop index $schema$.outbox_by_payment;
create index outbox_by_payment on $schema$.outbox (hashtextextended(tx_id, ordinal), sequence);

-- Plans of these functions are made once for a session, perhaps while a table was empty, when one index looks as good as another. So each statement can only use the index
-- that it should, whatever the statistics said: by its order, by what it compares, or since there is no other. Where that cannot be had, it is planned anew (execute).
-- What is forbidden to a plan counts as very expensive where there is no other way, as for a sort of few rows; without jit = off such a plan would be compiled.

-- Confirms payments that the marks have reached, at most so many, and returns their events.
create function $schema$.confirm(
    p_chain text, p_partition integer, p_head bigint, p_safe bigint, p_finalized bigint, p_at timestamptz, p_deliver boolean, p_limit bigint)
returns setof $schema$.payment_event
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set plan_cache_mode = force_generic_plan set jit = off
as $confirm$
#variable_conflict use_column
begin
    return query
    with pending as (
        (select p.ctid from $schema$.payment p
        where p.chain = p_chain and p.partition = p_partition and p.status = 'detected' and p.confirmation_mark = 'head' and p.confirmation_height <= p_head
        order by p.confirmation_height limit p_limit)
        union all
        (select p.ctid from $schema$.payment p
        where p.chain = p_chain and p.partition = p_partition and p.status = 'detected' and p.confirmation_mark = 'safe' and p.confirmation_height <= p_safe
        order by p.confirmation_height limit p_limit)
        union all
        (select p.ctid from $schema$.payment p
        where p.chain = p_chain and p.partition = p_partition and p.status = 'detected' and p.confirmation_mark = 'finalized' and p.confirmation_height <= p_finalized
        order by p.confirmation_height limit p_limit)
        limit p_limit
    ), due as (
        -- The cursor is held, so nobody else writes to these rows meanwhile.
        update $schema$.payment p set status = 'confirmed', confirmed_at = p_at
        from pending d
        where p.ctid = d.ctid
        returning p.*
    ), written as (
        insert into $schema$.payment_event (
            kind, occurred_at, chain, tx_id, ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash, block_slot,
            confirmation_mark, confirmation_height, detected_at, confirmed_at, reference_type, reference_id)
        select 'confirmed', p_at, chain, tx_id, ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash, block_slot,
            confirmation_mark, confirmation_height, detected_at, confirmed_at, reference_type, reference_id
        from due order by block_height, tx_id, ordinal
        returning *
    ), queued as (
        insert into $schema$.outbox (sequence, chain, tx_id, ordinal, occurred_at, due_at)
        select sequence, chain, tx_id, ordinal, p_at, p_at from written where p_deliver
    )
    select * from written order by sequence;
end
$confirm$;

-- Everything that a batch of new blocks writes after the fence, where none of its payments is stored yet; returns the events. A payment that is stored already violates payment_pkey.
create function $schema$.commit_blocks(
    p_chain text, p_partition integer, p_term bigint, p_begins boolean, p_at timestamptz, p_deliver boolean,
    p_height bigint, p_hash text, p_slot bigint, p_safe bigint, p_finalized bigint, p_final_height bigint, p_final_hash text, p_final_slot bigint,
    p_block_heights bigint[], p_block_hashes text[], p_block_slots bigint[], p_block_parents text[], p_block_times timestamptz[],
    p_cover_from bigint[], p_cover_to bigint[], p_cover_endpoints text[], p_cover_passes integer[],
    p_tx_ids text[], p_ordinals bigint[], p_addresses text[], p_keys bytea[], p_senders text[], p_assets text[], p_amounts numeric[], p_tags text[], p_statuses text[],
    p_payment_heights bigint[], p_payment_hashes text[], p_payment_slots bigint[], p_marks text[], p_mark_heights bigint[])
returns setof $schema$.payment_event
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off
as $commit$
#variable_conflict use_column
declare
    v_types text[];
    v_ids text[];
begin
    if p_begins then
        -- The first commit inserts, so that of two writers, who find no cursor to hold, one fails whatever they believe.
        insert into $schema$.cursor (chain, partition, height, hash, slot, term, safe_height, finalized_height, final_height, final_hash, final_slot, updated_at)
        values (p_chain, p_partition, p_height, p_hash, p_slot, p_term, p_safe, p_finalized, p_final_height, p_final_hash, p_final_slot, p_at);
        -- Back-scans that were queued before the chain began end where it begins.
        update $schema$.back_scan set to_height = p_block_heights[1] - 1 where chain = p_chain and to_height > p_block_heights[1] - 1;
        delete from $schema$.back_scan where chain = p_chain and from_height > to_height;
    else
        update $schema$.cursor set height = p_height, hash = p_hash, slot = p_slot, term = p_term, safe_height = p_safe, finalized_height = p_finalized,
            final_height = coalesce(p_final_height, final_height), final_hash = coalesce(p_final_hash, final_hash), final_slot = coalesce(p_final_slot, final_slot), updated_at = p_at
        where chain = p_chain and partition = p_partition;
    end if;

    if cardinality(p_tx_ids) > 0 then
        -- Several indexes begin with the chain.
        execute 'select array_agg(w.reference_type order by u.position), array_agg(w.reference_id order by u.position)
            from unnest($2) with ordinality as u (key, position) left join $schema$.watched_address w on w.chain = $1 and w.key = u.key'
        into v_types, v_ids using p_chain, p_keys;
        -- Each payment is written once, in the state that the batch leaves it in; where that is "confirmed" there are two events, and the first still says "detected".
        return query
        with found as (
            select u.*
            from unnest(p_tx_ids, p_ordinals, p_addresses, p_keys, p_senders, p_assets, p_amounts, p_tags, p_statuses, p_payment_heights, p_payment_hashes, p_payment_slots,
                p_marks, p_mark_heights, v_types, v_ids) with ordinality as u (tx_id, ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash,
                block_slot, confirmation_mark, confirmation_height, reference_type, reference_id, position)
        ), stored as (
            insert into $schema$.payment (
                partition, chain, tx_id, ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash, block_slot,
                confirmation_mark, confirmation_height, detected_at, confirmed_at, reference_type, reference_id)
            select p_partition, p_chain, tx_id, ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash, block_slot,
                confirmation_mark, confirmation_height, p_at, case when status = 'confirmed' then p_at end, reference_type, reference_id
            from found
        ), steps as (
            select 1 as step, 'detected' as event_status, null::timestamptz as confirmed_at, found.* from found
            union all
            select 2, 'confirmed', p_at, found.* from found where status = 'confirmed'
        ), written as (
            insert into $schema$.payment_event (
                kind, occurred_at, chain, tx_id, ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash, block_slot,
                confirmation_mark, confirmation_height, detected_at, confirmed_at, reference_type, reference_id)
            select event_status, p_at, p_chain, tx_id, ordinal, address, key, from_address, asset, amount, tag, event_status, block_height, block_hash, block_slot,
                confirmation_mark, confirmation_height, p_at, confirmed_at, reference_type, reference_id
            from steps order by step, position
            returning *
        ), queued as (
            insert into $schema$.outbox (sequence, chain, tx_id, ordinal, occurred_at, due_at)
            select sequence, chain, tx_id, ordinal, p_at, p_at from written where p_deliver
        )
        select * from written order by sequence;
    end if;

    return query select * from $schema$.confirm(p_chain, p_partition, p_height, p_safe, p_finalized, p_at, p_deliver, null);

    if cardinality(p_block_heights) > 0 then
        -- A block that comes back after its branch was abandoned is there already.
        insert into $schema$.block (chain, partition, height, hash, slot, parent_hash, canonical, mined_at)
        select p_chain, p_partition, u.height, u.hash, u.slot, u.parent_hash, true, u.mined_at
        from unnest(p_block_heights, p_block_hashes, p_block_slots, p_block_parents, p_block_times) as u (height, hash, slot, parent_hash, mined_at)
        on conflict (chain, partition, height, hash) do update set canonical = true, parent_hash = excluded.parent_hash;
    end if;

    perform $schema$.cover(p_chain, p_partition, p_cover_from, p_cover_to, p_cover_endpoints, p_cover_passes);
end
$commit$;

-- Records which blocks were read. The last range grows while the same endpoint goes on serving; otherwise a new one begins.
create function $schema$.cover(p_chain text, p_partition integer, p_from bigint[], p_to bigint[], p_endpoints text[], p_passes integer[]) returns void
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
        update $schema$.coverage c set to_height = p_to[1] where c.chain = p_chain and c.partition = p_partition and c.pass = p_passes[1] and c.from_height = v_from;
    end if;

    if cardinality(p_from) > 1 or v_grows is not true then
        insert into $schema$.coverage (chain, partition, pass, from_height, to_height, endpoint)
        select p_chain, p_partition, u.pass, u.from_height, u.to_height, u.endpoint
        from unnest(p_from, p_to, p_endpoints, p_passes) with ordinality as u (from_height, to_height, endpoint, pass, position)
        where u.position > 1 or v_grows is not true;
    end if;
end
$cover$;

-- Takes the oldest event that is due, from a place in the outbox on, and holds it until the transaction ends. Events of a payment come one after the other: as long as an
-- earlier one is in the outbox, taken, retried or parked, a later one waits.
create function $schema$.take_delivery(p_now timestamptz, p_due timestamptz, p_sequence bigint)
returns table (attempts integer, due_at timestamptz, event $schema$.payment_event)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off set plan_cache_mode = force_generic_plan set jit = off
as $take$
#variable_conflict use_column
begin
    return query
    with taken as (
        select o.sequence, o.attempts, o.due_at from $schema$.outbox o
        where o.parked_at is null and o.due_at <= p_now and (o.due_at, o.sequence) >= (p_due, p_sequence) and not exists (
            select from $schema$.outbox b
            where hashtextextended(b.tx_id, b.ordinal) = hashtextextended(o.tx_id, o.ordinal) and b.sequence + 0 < o.sequence
                and b.tx_id = o.tx_id and b.ordinal = o.ordinal and b.chain = o.chain)
        order by o.due_at, o.sequence limit 1
        for update of o skip locked
    )
    select t.attempts, t.due_at, e from taken t join $schema$.payment_event e on e.sequence = t.sequence;
end
$take$;

-- Deletes an event that was delivered: in the very transaction that has held it since it was taken, and in no other. It refuses with SQLSTATE CW005 otherwise.
create function $schema$.acknowledge(p_sequence bigint, p_attempts integer, p_taken_at timestamptz) returns void
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off
as $acknowledge$
begin
    delete from $schema$.outbox o where o.sequence = p_sequence and o.attempts = p_attempts and o.parked_at is null and now() = p_taken_at;
    if not found then
        raise exception 'Event % is no longer this delivery''s.', p_sequence using errcode = 'CW005';
    end if;
end
$acknowledge$;
