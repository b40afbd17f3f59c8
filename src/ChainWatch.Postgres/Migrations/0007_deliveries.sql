-- What a delivery exchanges with the server, in as few statements as can be: each statement costs more on its way than it costs to run.

-- Takes back a handler's settings, locks and temporary tables, which would outlive its delivery. Unlike DISCARD ALL it leaves the session its plans.
create function $schema$.tidy_session() returns void
language plpgsql as $tidy$
begin
    set session authorization default;
    reset all;
    -- Not a statement that the language knows.
    execute 'close all';
    unlisten *;
    perform pg_advisory_unlock_all();
    discard temp;
end
$tidy$;

-- Takes the oldest event that is due, from a place in the outbox on, and from its beginning where there is none; no place means the beginning. It is held until the
-- transaction ends. The session is that of another delivery, perhaps, which is tidied first.
create function $schema$.next_delivery(p_now timestamptz, p_due timestamptz, p_sequence bigint)
returns table (
    process integer, taken_at timestamptz, attempts integer, due_at timestamptz, sequence bigint, kind text, cause text, occurred_at timestamptz,
    chain text, tx_id text, ordinal bigint, address text, key bytea, from_address text, asset text, amount numeric, tag text, status text, block_height bigint,
    block_hash text, block_slot bigint, confirmation_mark text, confirmation_height bigint, detected_at timestamptz, confirmed_at timestamptz,
    reference_type text, reference_id text)
language plpgsql as $next$
begin
    perform $schema$.tidy_session();
    loop
        return query
        select pg_backend_pid(), now(), t.attempts, t.due_at, (t.event).sequence, (t.event).kind, (t.event).cause, (t.event).occurred_at,
            (t.event).chain, (t.event).tx_id, (t.event).ordinal, (t.event).address, (t.event).key, (t.event).from_address, (t.event).asset, (t.event).amount,
            (t.event).tag, (t.event).status, (t.event).block_height, (t.event).block_hash, (t.event).block_slot, (t.event).confirmation_mark,
            (t.event).confirmation_height, (t.event).detected_at, (t.event).confirmed_at, (t.event).reference_type, (t.event).reference_id
        from $schema$.take_delivery(p_now, coalesce(p_due, '-infinity'), coalesce(p_sequence, 0)) t;
        exit when found or p_due is null;
        p_due := null;
        p_sequence := null;
    end loop;
end
$next$;
