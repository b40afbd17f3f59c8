-- What operators want done with keys, for all instances to see. No key is in it.

create table $schema$.key_rotation (
    id bigint generated always as identity primary key,
    chain text not null,
    endpoint text not null,
    requested_at timestamptz not null default now()
);
comment on table $schema$.key_rotation is 'Each row asks every instance once to take the next of an endpoint''s keys into use. Rows go after 30 days.';

create function $schema$.audit_key_rotation() returns trigger
language plpgsql as $audit$
begin
    perform $schema$.audit('endpoint.key.requested', new.chain || '/' || new.endpoint, 'the next key is to be used');
    return null;
end
$audit$;
create trigger audit_key_rotation after insert on $schema$.key_rotation for each row execute function $schema$.audit_key_rotation();
