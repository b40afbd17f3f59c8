#!/usr/bin/env bash
# Runs every test of ChainWatch. Needs the .NET SDK; the rest is installed by eng/provision.sh (Debian or Ubuntu, x86-64, as root or with sudo).
#
#   ./test.sh                     everything, in the form that fits into a quarter of an hour
#   ./test.sh --long              longer runs, more seeds, PostgreSQL 14, 16, 17 and 18 as well; one project at a time, since it holds times to what is promised
#   ./test.sh --fast              without the projects that start real nodes and databases
#   ./test.sh --only NAME         only the projects whose name contains NAME; may be repeated
#   ./test.sh --no-build          with what was built before
#   CHAINWATCH_ACCEPT=1 ./test.sh --only House     accepts the public surface as it is now into api/
#
# The last line is the result: "N passed, N failed", and ", N skipped" where something was. The exit code is 0 only if nothing
# failed and every project ran at least one test.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root" || exit 1

long=false build=true only=() needs_nodes=true lanes=${CHAINWATCH_TEST_LANES:-}
while [ $# -gt 0 ]; do
  case $1 in
    --long) long=true ;;
    --fast) needs_nodes=false ;;
    --no-build) build=false ;;
    --only) shift; only+=("${1:?--only needs a part of a project name}") ;;
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test.sh: unknown argument '$1'; see ./test.sh --help" >&2; exit 2 ;;
  esac
  shift
done

# The longest first, so that the lanes end together.
order=(RealNodes Simulation Postgres Evm Bitcoin AspNetCore House Deploy)
heavy=(RealNodes Postgres AspNetCore Deploy Cli)
time_limit=2400
if [ "$long" = true ]; then time_limit=14400; fi
# What is measured in a long run must not have to share the machine.
if [ -z "$lanes" ]; then if [ "$long" = true ]; then lanes=1; else lanes=$(nproc); fi; fi

end() {
  local line="$1 passed, $2 failed"
  if [ "$3" -gt 0 ]; then line+=", $3 skipped"; fi
  echo "$line"
  exit "$4"
}

contains() {
  local wanted=$1 item
  shift
  for item in "$@"; do if [ "$item" = "$wanted" ]; then return 0; fi; done
  return 1
}

projects() {
  local found=() ordered=() folder name short
  for folder in tests/*.Tests; do found+=("$(basename "$folder")"); done
  for short in "${order[@]}"; do
    if contains "ChainWatch.$short.Tests" "${found[@]}"; then ordered+=("ChainWatch.$short.Tests"); fi
  done
  for name in "${found[@]}"; do
    if ! contains "$name" "${ordered[@]}"; then ordered+=("$name"); fi
  done
  for name in "${ordered[@]}"; do
    short=${name#ChainWatch.} short=${short%.Tests}
    if [ "$needs_nodes" = false ] && contains "$short" "${heavy[@]}"; then continue; fi
    if [ ${#only[@]} -gt 0 ]; then
      local part match=false
      for part in "${only[@]}"; do if [[ $name == *"$part"* ]]; then match=true; fi; done
      if [ "$match" = false ]; then continue; fi
    fi
    echo "$name"
    if [ "$long" = true ] && [ "$short" = Postgres ]; then printf '%s\n' "$name@14" "$name@16" "$name@17" "$name@18"; fi
  done
}

if [ "$needs_nodes" = true ]; then
  arguments=()
  if [ "$long" = true ]; then arguments+=(--long); fi
  eng/provision.sh ${arguments[@]+"${arguments[@]}"} || end 0 1 0 1
fi

if [ "$build" = true ]; then
  echo "building (Release)"
  dotnet build ChainWatch.sln -c Release -v quiet -nologo -clp:NoSummary || { echo "the build failed"; end 0 1 0 1; }
  if [ "$needs_nodes" = true ]; then
    # What is left of a publish together with the runtime, the SDK takes for up to date; such halves of programs do not start.
    rm -rf artifacts/obj/DepositMonitor/release_linux-x64/R2R
    # As it is deployed: compiled ahead of time, so that the many processes of the tests do not take the machine from each other by compiling themselves.
    dotnet publish samples/DepositMonitor -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -p:RunAnalyzers=false -o artifacts/published/DepositMonitor -v quiet -nologo -clp:NoSummary \
      || { echo "publishing samples/DepositMonitor failed"; end 0 1 0 1; }
  fi
fi

export PATH="$root/.tools/bin:$PATH"
export CHAINWATCH_TOOLS="${CHAINWATCH_TOOLS:-$root/.tools}"
if [ "$long" = true ]; then export CHAINWATCH_LONG=1; fi
# Runs that last seconds or minutes pay for what is counted in code that is to be compiled once more, and gain little by it: a third of the processor time of the simulator's tests.
export DOTNET_TieredPGO=0
results=$root/artifacts/test-results
rm -rf "$results" && mkdir -p "$results"

# run_one PROJECT or PROJECT@VERSION: the latter against that version of PostgreSQL instead of the machine's.
run_one() {
  local name=$1 project=${1%@*} began=$SECONDS
  local assembly=$root/artifacts/bin/$project/release/$project.dll
  if [ "$name" != "$project" ]; then
    export CHAINWATCH_POSTGRES_BIN=$CHAINWATCH_TOOLS/postgresql/node_modules/postgresql-${name#*@}/native/bin
  fi
  if [ -f "$assembly" ]; then
    timeout --kill-after=10 "$time_limit" dotnet "$assembly" -noLogo -noColor -xml "$results/$name.xml" >"$results/$name.log" 2>&1 </dev/null &
    local child=$!
    trap 'kill "$child" 2>/dev/null; exit 143' TERM
    wait "$child"
    echo $? >"$results/$name.code"
  else
    echo "there is no $assembly: build first" >"$results/$name.log"
    echo 1 >"$results/$name.code"
  fi
  echo $((SECONDS - began)) >"$results/$name.seconds"
}

# number FILE NAME: an attribute of the <assembly> element of xunit's report.
number() { grep -o '<assembly [^>]*' "$1" | head -1 | grep -o " $2=\"[0-9]*\"" | head -1 | tr -dc 0-9; }

passed=0 failed=0 skipped=0 code=0
report() {
  local name=$1 exit_code seconds p=0 f=0 s=0 e=0 note=
  exit_code=$(cat "$results/$name.code") seconds=$(cat "$results/$name.seconds")
  if [ -s "$results/$name.xml" ]; then
    p=$(number "$results/$name.xml" passed) f=$(number "$results/$name.xml" failed)
    s=$(number "$results/$name.xml" skipped) e=$(number "$results/$name.xml" errors)
    p=${p:-0} f=${f:-0} s=${s:-0} e=${e:-0}
    f=$((f + e))
    if [ "$((p + f))" = 0 ]; then f=1 note=" (it ran no test)"; fi
    if [ "$f" = 0 ] && [ "$exit_code" != 0 ]; then f=1 note=" (it ended with exit code $exit_code)"; fi
  else
    f=1 note=" (no report: it ended with exit code $exit_code, 124 and 137 mean that it took longer than $time_limit s)"
  fi
  if [ "$f" != 0 ]; then
    code=1
    echo "---- $name"
    tail -200 "$results/$name.log"
    echo "----"
  fi
  printf '%-34s %6d passed %5d failed %5d skipped %6d s%s\n' "$name" "$p" "$f" "$s" "$seconds" "$note"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

mapfile -t chosen < <(projects)
if [ ${#chosen[@]} = 0 ]; then echo "no test project has that name"; end 0 1 0 1; fi
echo "running ${#chosen[@]} test projects, $lanes at a time"
# A run that is broken off takes what it started with it.
trap 'for job in $(jobs -p); do kill "$job" 2>/dev/null; done; exit 130' INT TERM

declare -A running=()
next=0
while [ "$next" -lt ${#chosen[@]} ] || [ ${#running[@]} -gt 0 ]; do
  while [ "$next" -lt ${#chosen[@]} ] && [ ${#running[@]} -lt "$lanes" ]; do
    run_one "${chosen[$next]}" &
    running[$!]=${chosen[$next]}
    next=$((next + 1))
  done
  wait -n -p ended "${!running[@]}"
  report "${running[$ended]}"
  unset "running[$ended]"
done

end "$passed" "$failed" "$skipped" "$code"
