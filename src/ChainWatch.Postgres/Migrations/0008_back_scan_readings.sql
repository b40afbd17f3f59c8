-- Through which endpoint back-scans read which blocks, for which addresses: without it nobody could say later whether a block was read for an address that was registered after it.

create table $schema$.back_scan_reading (
    id bigint not null,
    chain text not null,
    keys bytea[] not null,
    from_height bigint not null,
    to_height bigint not null,
    endpoint text not null,
    first_read_at timestamptz not null default now(),
    last_read_at timestamptz not null default now(),
    primary key (id, from_height)
) with (fillfactor = 50);
create index back_scan_reading_by_chain on $schema$.back_scan_reading (chain, from_height);
comment on table $schema$.back_scan_reading is 'What back-scans have read, by the number of the back-scan. It stays when the back-scan is done.';
