-- Which server a term was won on, and to whom a scope is being handed over.

alter table $schema$.leadership
    add column system_identifier bigint,
    add column timeline integer,
    add column store_term bigint not null default 0,
    add column handed_to integer;
comment on column $schema$.leadership.holder is 'The instance, and the machine that it runs on.';
comment on column $schema$.leadership.system_identifier is 'The database cluster that the term was won on; null where the database user may not know.';
comment on column $schema$.leadership.timeline is 'The cluster''s timeline then: another one means that a replica was promoted.';
comment on column $schema$.leadership.store_term is 'The first term on this cluster and timeline. Where the cursor''s term is older, everything that is not final is verified against the chain first.';
comment on column $schema$.leadership.handed_to is 'hashtext of the schema, ''/'' and the name of the instance that the leader hands the scope to; whoever gets the lock in its place gives it back once.';
