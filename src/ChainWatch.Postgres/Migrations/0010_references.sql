-- commit_blocks as migration 5 has it, but that the references of payments' addresses are looked up by the statement that writes the payments. A statement of its own, planned anew
-- for each block, took a fifth of the whole.

create or replace function $schema$.commit_blocks(
    p_chain text, p_partition integer, p_term bigint, p_begins boolean, p_at timestamptz, p_deliver boolean,
    p_height bigint, p_hash text, p_slot bigint, p_safe bigint, p_finalized bigint, p_final_height bigint, p_final_hash text, p_final_slot bigint,
    p_block_heights bigint[], p_block_hashes text[], p_block_slots bigint[], p_block_parents text[], p_block_times timestamptz[],
    p_cover_from bigint[], p_cover_to bigint[], p_cover_endpoints text[], p_cover_passes integer[],
    p_tx_ids text[], p_ordinals bigint[], p_addresses text[], p_keys bytea[], p_senders text[], p_assets text[], p_amounts numeric[], p_tags text[], p_statuses text[],
    p_payment_heights bigint[], p_payment_hashes text[], p_payment_slots bigint[], p_marks text[], p_mark_heights bigint[])
returns setof $schema$.payment_event
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set plan_cache_mode = force_generic_plan set jit = off
as $commit$
#variable_conflict use_column
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
        -- Each payment is written once, in the state that the batch leaves it in; where that is "confirmed" there are two events, and the first still says "detected".
        return query
        with found as (
            select u.*, w.reference_type, w.reference_id
            from unnest(p_tx_ids, p_ordinals, p_addresses, p_keys, p_senders, p_assets, p_amounts, p_tags, p_statuses, p_payment_heights, p_payment_hashes, p_payment_slots,
                p_marks, p_mark_heights) with ordinality as u (tx_id, ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash,
                block_slot, confirmation_mark, confirmation_height, position)
            -- Several indexes begin with the chain; only the primary key has this order.
            left join lateral (
                select a.key, a.reference_type, a.reference_id from $schema$.watched_address a
                where a.chain = p_chain and a.key >= u.key order by a.key limit 1) w on w.key = u.key
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
