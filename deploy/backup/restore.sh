#!/usr/bin/env bash
# Restores a dump into an empty database, and makes it ready to go on. Stop every host of ChainWatch before. What to connect to comes from the variables of PostgreSQL, as for dump.sh.
#
#   restore.sh FILE
#
# Events that come about from now on get numbers that none ever had: those between the dump and the loss were given out already, and an idempotency key must not come back for something else.
set -euo pipefail

file=${1:?the dump to restore}
schema=${CHAINWATCH_SCHEMA:-chainwatch}

if [ "$(psql -XAtc "select count(*) from pg_namespace where nspname = '$schema'")" != 0 ]; then
    echo "restore.sh: the database holds a schema '$schema' already; restore into an empty database, and let the hosts use that" >&2
    exit 1
fi

pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname "${PGDATABASE:-postgres}" "$file"
psql -XAtq -v ON_ERROR_STOP=1 <<SQL
select setval('$schema.payment_event_sequence_seq', (select last_value + 1000000000 from $schema.payment_event_sequence_seq));
set chainwatch.actor = '${CHAINWATCH_ACTOR:-$(id -un)@$(hostname)}';
select $schema.audit('restore', 'database', 'from $(basename "$file")');
SQL
echo "restored $file; start the hosts, and run verify.sh when they have caught up"
