#!/usr/bin/env bash
# Dumps the database that holds ChainWatch's schema, or only what cannot be read from the chains again. What to connect to comes from the usual variables of PostgreSQL
# (PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSFILE or PGSERVICE), so that no password stands in a command line.
#
#   dump.sh all FOLDER [DAYS]         everything in the database, your own tables included: one snapshot, from which all goes on exactly where it was
#   dump.sh addresses FOLDER [DAYS]   what is watched, the audit log and the terms: small, and enough to rebuild the rest from the chains
#
# Dumps of this kind that are older than DAYS (default: 30) are deleted, but never the newest one.
set -euo pipefail

kind=${1:?all or addresses}
folder=${2:?the folder to dump into}
days=${3:-30}
schema=${CHAINWATCH_SCHEMA:-chainwatch}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
target="$folder/chainwatch-$kind-$stamp.dump"

case $kind in
    all) what=() ;;
    addresses)
        # The functions and empty tables of the schema come with it, so that what is restored is whole.
        what=(--schema "$schema")
        for table in block coverage payment payment_event outbox spend cursor back_scan; do
            what+=(--exclude-table-data "$schema.$table")
        done
        ;;
    *) echo "dump.sh: '$kind' is neither all nor addresses" >&2; exit 2 ;;
esac

mkdir -p "$folder"
umask 077
# Under another name until it is whole: who copies the folder away never takes half a dump.
trap 'rm -f "$target.part"' EXIT
pg_dump --format custom --no-owner --no-privileges "${what[@]}" --file "$target.part"
pg_restore --list "$target.part" >/dev/null
mv "$target.part" "$target"
find "$folder" -maxdepth 1 -name "chainwatch-$kind-*.dump" -mtime "+$days" ! -path "$target" -delete
echo "$target"
