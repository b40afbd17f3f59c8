#!/usr/bin/env bash
# Publishes samples/Quickstart trimmed, with the runtime inside, and compiled natively, and runs both: a warning of the trimmer or the compiler fails, and so does a run whose books differ from the chain.
# What it has shown: the engine, its configuration, options, handlers and the hosting under it work without what the trimmer takes away, and without a compiler at run time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

verify() {
  local how=$1
  shift
  dotnet publish samples/Quickstart -c Release -r linux-x64 -o "$out/$how" -v quiet -nologo -clp:NoSummary "$@" | tee "$out/$how.log"
  if grep -qE '(warning|error) IL' "$out/$how.log"; then
    echo "$how: there are warnings of code that may not work" >&2
    exit 1
  fi

  "$out/$how/Quickstart" --seconds=6 | tail -8
  echo "$how: $(du -sh --exclude='*.dbg' "$out/$how" | cut -f1)"
}

verify trimmed --self-contained -p:PublishTrimmed=true
verify native -p:PublishAot=true
