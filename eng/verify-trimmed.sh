#!/usr/bin/env bash
# Publishes samples/Quickstart trimmed, with the runtime inside, and runs it: a warning of the trimmer fails, and so does a run whose books differ from the chain.
# What it has shown: the engine, its configuration, options, handlers and the hosting under it work without what the trimmer takes away.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

dotnet publish samples/Quickstart -c Release -r linux-x64 --self-contained -p:PublishTrimmed=true -o "$out" -v quiet -nologo -clp:NoSummary | tee "$out/publish.log"
if grep -q 'warning IL' "$out/publish.log"; then
  echo "the trimmer warns of code that may not work trimmed" >&2
  exit 1
fi

"$out/Quickstart" --seconds=6 | tail -8
echo "trimmed: $(du -sh "$out" | cut -f1)"
