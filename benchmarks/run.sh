#!/usr/bin/env bash
# Runs all benchmarks that have a target, in their short form, and prints one table: what, the bound, ours, the ratio and the target.
# Needs the .NET SDK, and PostgreSQL as eng/provision.sh installs it.
#
#   benchmarks/run.sh                     all, in about ten minutes on two free cores
#   benchmarks/run.sh P1 P3               only these
#   benchmarks/run.sh Waits               who waits for whom while a chain is read: has no target, and is only run when it is named
#   benchmarks/run.sh Integrity           what each level of checks costs on one EVM block: has no target either
#   BLOCKS=10000 ROUNDS=3 benchmarks/run.sh P6      P6 in full, the best of three rounds
#   COMPILED=with-runtime benchmarks/run.sh Start   as a host that cannot be compiled natively
#
# Anything in this folder may take part: a program of its own prints lines of the form
#   P<n> <case> bound=<…> ours=<…> ratio=<…> target=<…>
# and a class of ChainWatch.Benchmarks has a [PerformanceTarget].
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1

blocks=${BLOCKS:-3000} rounds=${ROUNDS:-1} strangers=${STRANGERS:-0,10000,1000000}
wanted=("$@")
out=artifacts/benchmarks
mkdir -p "$out"
: > "$out/log.txt"
: > "$out/lines.txt"

wants() {
  if [ ${#wanted[@]} -eq 0 ]; then return 0; fi
  local one
  for one in "${wanted[@]}"; do if [ "$one" = "$1" ]; then return 0; fi; done
  return 1
}

# Takes the lines of results out of what a program prints; the rest goes to the log.
collect() {
  echo "== $*" | tee -a "$out/log.txt" >&2
  "$@" 2>&1 | tee -a "$out/log.txt" | grep -E '^(P[0-9]+|Start|Waits|Integrity) .* ratio=' | tee -a "$out/lines.txt" >&2
}

# As a host is published: what a process needs to start is compiled before, natively where that is possible (docs/performance.md, "Starting fast"), or else together with the runtime. Both sides of a comparison are in the
# same program.
publish() {
  local program=$1 to=$2
  shift 2
  rm -rf "${out:?}/$to"
  dotnet publish "benchmarks/$program" -c Release -o "$out/$to" -v quiet -nologo "$@" >> "$out/log.txt" 2>&1
}

compile() {
  if [ "${COMPILED:-natively}" = natively ] && publish "$1" "$2" -p:PublishAot=true; then
    echo "== $1: compiled natively" | tee -a "$out/log.txt" >&2
  else
    publish "$1" "$2" -p:PublishReadyToRun=true || { tail -20 "$out/log.txt" >&2; exit 1; }
    echo "== $1: compiled together with the runtime" | tee -a "$out/log.txt" >&2
  fi
}

if wants P6 || wants P10 || wants Start; then compile ChainWatch.Benchmarks.CatchUp catchup; fi
dotnet build benchmarks/ChainWatch.Benchmarks -c Release -v quiet -nologo -clp:NoSummary >> "$out/log.txt" 2>&1 || { tail -20 "$out/log.txt" >&2; exit 1; }

if wants P4 || wants P5 || wants P7 || wants P8 || wants P9; then
  compile ChainWatch.Benchmarks.Live live
fi

live() { collect "$out/live/ChainWatch.Benchmarks.Live" "$@"; }

catchup() { collect "$out/catchup/ChainWatch.Benchmarks.CatchUp" "$@"; }

# In this process: building another for each would take longer than the benchmarks.
micro() {
  collect dotnet artifacts/bin/ChainWatch.Benchmarks/release/ChainWatch.Benchmarks.dll \
    --inProcess --artifacts "$out/micro" --warmupCount "${warmups:-2}" --iterationCount 5 --iterationTime 250 --filter "$@"
}

if wants P1; then micro '*EvmMatchBenchmarks.Reader*' '*EvmMatchBenchmarks.Read_check*' '*EvmLogsBenchmarks.Reader*' '*EvmLogsBenchmarks.Read_check*' '*CardanoMatchBenchmarks.Reader*' '*CardanoMatchBenchmarks.Read_and*' '*XrplMatchBenchmarks.Reader' '*XrplMatchBenchmarks.Read_and*'; fi
if [[ " ${wanted[*]} " == *" Integrity "* ]]; then
  # What proves a block is much code: with a shorter warm-up the compiler still works on it, and takes up to as long again.
  warmups=20 micro '*EvmIntegrityBenchmarks*'
fi
if [[ " ${wanted[*]} " == *" Waits "* ]]; then
  # Compiled at once and for good: what is compiled in between would count as waiting.
  for chain in cardano bitcoin; do DOTNET_TieredCompilation=0 collect dotnet artifacts/bin/ChainWatch.Benchmarks/release/ChainWatch.Benchmarks.dll waits "$chain"; done
fi
if wants P3; then micro '*AddressMiss*' '*AddressHit*' '*WatchlistLoad*'; fi
if wants P4 || wants P5; then live store; fi
if wants P7; then live latency --slow-seconds 20 --fast-seconds 5; fi
if wants P8; then live delivery --events 10000; fi
if wants P9; then live idle; fi
if wants Start; then catchup start --blocks 500; fi
if wants P6; then catchup --blocks "$blocks" --rounds "$rounds"; fi
if wants P10; then catchup growth --blocks "$blocks" --strangers "$strangers"; fi

echo
{
  echo "what case bound ours ratio target"
  sed -E 's/ (bound|ours|ratio|target)=/ /g' "$out/lines.txt"
} | column -t
echo
echo "$(nproc) cores, $(date -u +%Y-%m-%d); everything that was printed is in $out/log.txt"
