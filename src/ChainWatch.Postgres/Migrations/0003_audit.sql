-- The audit log becomes append-only and tamper-evident: each entry carries the hash of the one before it.

drop table $schema$.audit_log;
create table $schema$.audit_log (
    id bigint primary key,
    at timestamptz not null,
    action text not null,
    entity text not null,
    actor text,
    details text,
    hash bytea not null
);
comment on table $schema$.audit_log is 'What was done, by whom. hash is the SHA-256 of the hash before it and of this entry: changing, removing or inserting an entry breaks the chain of hashes.';

create table $schema$.audit_head (
    one boolean primary key default true check (one),
    id bigint not null,
    hash bytea not null
);
insert into $schema$.audit_head (id, hash) values (0, '');
comment on table $schema$.audit_head is 'The newest entry of the audit log. Whoever appends holds this row.';

-- A field as bytes that no other field can imitate: its length, then its text.
create function $schema$.hash_field(p_text text) returns text
language sql immutable as $audit$ select coalesce(octet_length(convert_to(p_text, 'UTF8')) || ':' || p_text || ';', '-;') $audit$;

create function $schema$.audit(p_action text, p_entity text, p_details text) returns void
language plpgsql as $audit$
declare
    v_head $schema$.audit_head%rowtype;
    v_at timestamptz := clock_timestamp();
    v_actor text := coalesce(nullif(current_setting('chainwatch.actor', true), ''), session_user || ' by ' || coalesce(nullif(current_setting('application_name'), ''), 'an unnamed program'));
    v_hash bytea;
begin
    -- The row is held until the end of the transaction; a writer that is stopped there must not stop the others for long.
    perform set_config('idle_in_transaction_session_timeout', '5s', true);
    select * into strict v_head from $schema$.audit_head for update;
    v_hash := sha256(v_head.hash || convert_to(
        $schema$.hash_field((v_head.id + 1)::text) || $schema$.hash_field((extract(epoch from v_at) * 1000000)::bigint::text) || $schema$.hash_field(p_action) ||
        $schema$.hash_field(p_entity) || $schema$.hash_field(v_actor) || $schema$.hash_field(p_details), 'UTF8'));
    insert into $schema$.audit_log (id, at, action, entity, actor, details, hash) values (v_head.id + 1, v_at, p_action, p_entity, v_actor, p_details, v_hash);
    update $schema$.audit_head set id = v_head.id + 1, hash = v_hash;
end
$audit$;

create function $schema$.refuse_change() returns trigger
language plpgsql as $audit$
begin
    raise exception 'The audit log is append-only.' using errcode = 'CW004';
end
$audit$;
create trigger append_only before update or delete or truncate on $schema$.audit_log for each statement execute function $schema$.refuse_change();

-- What is audited is seen where it happens, so that a change made by hand is audited as well.
create function $schema$.audit_added_addresses() returns trigger
language plpgsql as $audit$
declare
    v_row record;
begin
    for v_row in
        select n.chain, count(*) as added, string_agg(n.address, ', ' order by n.sequence) filter (where n.position <= 10) as first
        from (select a.*, row_number() over (partition by a.chain order by a.sequence) as position from added a) n group by n.chain order by n.chain
    loop
        perform $schema$.audit('watch', v_row.chain, format('%s added: %s%s', v_row.added, v_row.first, case when v_row.added > 10 then ', ...' else '' end));
    end loop;
    return null;
end
$audit$;
create trigger audit_added after insert on $schema$.watched_address referencing new table as added for each statement execute function $schema$.audit_added_addresses();

create function $schema$.audit_removed_addresses() returns trigger
language plpgsql as $audit$
declare
    v_row record;
begin
    for v_row in
        select n.chain, count(*) as removed, string_agg(n.address, ', ' order by n.sequence) filter (where n.position <= 10) as first
        from (select r.*, row_number() over (partition by r.chain order by r.sequence) as position from removed r) n group by n.chain order by n.chain
    loop
        perform $schema$.audit('unwatch', v_row.chain, format('%s removed: %s%s', v_row.removed, v_row.first, case when v_row.removed > 10 then ', ...' else '' end));
    end loop;
    return null;
end
$audit$;
create trigger audit_removed after delete on $schema$.watched_address referencing old table as removed for each statement execute function $schema$.audit_removed_addresses();

create function $schema$.audit_replay() returns trigger
language plpgsql as $audit$
begin
    perform $schema$.audit('replay', new.chain, format('event %s of payment %s/%s, parked since %s', new.sequence, new.tx_id, new.ordinal, to_char(old.parked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
    return null;
end
$audit$;
create trigger audit_replay after update of parked_at on $schema$.outbox for each row when (old.parked_at is not null and new.parked_at is null) execute function $schema$.audit_replay();

create function $schema$.audit_term() returns trigger
language plpgsql as $audit$
begin
    perform $schema$.audit('lead', new.scope, format('term %s by %s', new.term, new.holder));
    return null;
end
$audit$;
create trigger audit_term after insert or update of term on $schema$.leadership for each row execute function $schema$.audit_term();
