#!/usr/bin/env bash
# Checks a database after a restore, or any other day: the audit log is as it was written, coverage has no gap, every block follows its parent, and each payment is what its events say. Exits with 1,
# and says what is wrong, where something is. Whether the records are what the chains say, `chainwatch rebuild` and `chainwatch reconcile` tell.
set -euo pipefail

schema=${CHAINWATCH_SCHEMA:-chainwatch}
wrong=0

check() {
    local found
    found=$(psql -XAt -v ON_ERROR_STOP=1 -c "$2")
    if [ "$found" != 0 ]; then
        echo "verify.sh: $1: $found" >&2
        wrong=1
    fi
}

check 'ranges of coverage with a gap or an overlap before them' "
    select count(*) from (
        select from_height, lag(to_height) over (partition by chain, partition order by from_height) as before from $schema.coverage where pass = 1) c
    where before is not null and from_height <> before + 1"
check 'chains whose coverage does not end at their cursor' "
    select count(*) from $schema.cursor c
    where c.height is distinct from (select max(to_height) from $schema.coverage v where v.chain = c.chain and v.partition = c.partition and v.pass = 1)"
check 'blocks that do not follow the block before them' "
    select count(*) from $schema.block b join $schema.block p on p.chain = b.chain and p.partition = b.partition and p.height = b.height - 1 and p.canonical
    where b.canonical and b.parent_hash is distinct from p.hash"
check 'payments in a block that is not canonical' "
    select count(*) from $schema.payment p
    where p.status <> 'retracted' and exists (select from $schema.block b where b.chain = p.chain and b.partition = p.partition and b.height = p.block_height and b.canonical)
        and not exists (select from $schema.block b where b.chain = p.chain and b.partition = p.partition and b.height = p.block_height and b.hash = p.block_hash and b.canonical)"
check 'payments that are not what their last event says' "
    select count(*) from $schema.payment p left join lateral (
        select e.status, e.amount, e.asset, e.block_hash from $schema.payment_event e
        where e.chain = p.chain and e.tx_id = p.tx_id and e.ordinal = p.ordinal order by e.sequence desc limit 1) e on true
    where (p.status, p.amount, p.asset, p.block_hash) is distinct from (e.status, e.amount, e.asset, e.block_hash)"
check 'undelivered events that are not recorded' "select count(*) from $schema.outbox o where not exists (select from $schema.payment_event e where e.sequence = o.sequence)"
# Its hashes are computed anew, entry by entry, as the function audit() does.
check 'entries of the audit log that were changed, removed or inserted' "
    select count(*) from (
        select a.*, lag(hash, 1, ''::bytea) over (order by id) as before, lag(id, 1, 0::bigint) over (order by id) as before_id from $schema.audit_log a) a
    where id <> before_id + 1 or hash <> sha256(before || convert_to(
        $schema.hash_field(id::text) || $schema.hash_field((extract(epoch from at) * 1000000)::bigint::text) || $schema.hash_field(action) || $schema.hash_field(entity) ||
        $schema.hash_field(actor) || $schema.hash_field(details), 'UTF8'))"
check 'audit logs that end before their newest entry' "
    select count(*) from $schema.audit_head h where h.id <> coalesce((select max(id) from $schema.audit_log), 0)"

[ $wrong = 0 ] && echo 'nothing is wrong'
exit $wrong
