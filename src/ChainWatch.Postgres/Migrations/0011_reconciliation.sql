-- Reconciliations: what was asked for, how far it has come, what it found, and the states that agreed.

create table $schema$.reconciliation (
    id bigint generated always as identity primary key,
    chain text not null,
    state text not null check (state in ('queued', 'running', 'done')),
    requested_at timestamptz not null,
    requested_by text,
    addresses bytea[],
    from_height bigint,
    to_height bigint,
    read_blocks boolean not null,
    repair boolean not null,
    started_at timestamptz,
    ended_at timestamptz,
    position bytea,
    subjects bigint not null default 0,
    matched bigint not null default 0,
    mismatched bigint not null default 0,
    missing bigint not null default 0,
    extra bigint not null default 0,
    unknown bigint not null default 0,
    point_height bigint,
    point_hash text,
    point_slot bigint
);
create index reconciliation_by_chain on $schema$.reconciliation (chain, id);
comment on table $schema$.reconciliation is 'Comparisons of a chain''s records with the chain. addresses is null where all watched ones are compared; position is the last one that is done.';

create table $schema$.discrepancy (
    id bigint generated always as identity primary key,
    reconciliation bigint not null references $schema$.reconciliation (id) on delete cascade,
    address text not null,
    result text not null,
    kind text not null,
    asset text,
    tx_id text,
    ordinal bigint,
    from_height bigint not null,
    to_height bigint not null,
    recorded numeric,
    on_chain numeric,
    details text not null,
    repair text not null
);
create index discrepancy_by_reconciliation on $schema$.discrepancy (reconciliation, id);
comment on table $schema$.discrepancy is 'What reconciliations found: differences between the records and the chain, explained as far as they can be.';

create table $schema$.reconciled_address (
    chain text not null,
    key bytea not null,
    height bigint not null,
    hash text not null,
    slot bigint not null,
    sent bigint,
    assets text[] not null,
    balances numeric[] not null,
    recorded numeric[] not null,
    primary key (chain, key)
);
comment on table $schema$.reconciled_address is 'For each address, the last point at which the chain''s state and the records agreed: what both said there.';

-- An operator asks for the payments of an address, and so does every comparison. Of an index on a column of keys, one of hashes is the smallest.
create index payment_by_key on $schema$.payment using hash (key);

alter table $schema$.back_scan add column repair boolean not null default false;
comment on column $schema$.back_scan.repair is 'True where blocks are read again to repair records: a payment whose events agree with its block gets its row back, and nobody is told anew.';
