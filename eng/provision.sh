#!/usr/bin/env bash
# Installs what the tests need besides the .NET SDK: PostgreSQL, PgBouncer, promtool, amtool, nginx, nft, and real Ethereum nodes.
# Everything that is not a system package lands in .tools/ (git-ignored) by pinned version; what is there already is left alone.
#
#   eng/provision.sh          PostgreSQL and PgBouncer (Debian's own), promtool, amtool, nginx, nft, anvil, hardhat, ganache, bcoin,
#                             the vendors' own clients, a PostgreSQL that is too old
#   eng/provision.sh --long   PostgreSQL 14, 16, 17 and 18 as well
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${CHAINWATCH_TOOLS:-$root/.tools}
mkdir -p "$tools"

long=false
for argument in "$@"; do
  case $argument in
    --long) long=true ;;
    *) echo "provision: unknown argument '$argument'; only --long is known" >&2; exit 2 ;;
  esac
done

say() { printf 'provision: %s\n' "$*"; }

fail() {
  printf 'provision: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -n "$@" || fail "'sudo $*' did not run. Run it yourself, or run this as root."
  else
    fail "'$*' must be run as root, and there is no sudo here. Run it yourself, then run this again."
  fi
}

apt_updated=false
apt_update() {
  command -v apt-get >/dev/null || fail "$1 is missing and this is no Debian or Ubuntu (no apt-get). Install $1 with your system's package manager, then run this again."
  if [ "$apt_updated" = false ]; then
    as_root apt-get update -qq >/dev/null || fail "'apt-get update' failed; $1 cannot be installed without it."
    apt_updated=true
  fi
}

apt_install() {
  apt_update "$1"
  say "installing $* (apt)"
  # The programs are wanted, not services of the machine's own: RUNLEVEL keeps them from being started where that is asked for.
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@" >"$tools/apt.log" 2>&1 </dev/null ||
    { tail -20 "$tools/apt.log" >&2; fail "'apt-get install $*' failed; its last lines are above."; }
}

postgres_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

provision_postgres() {
  [ -n "$(postgres_bin)" ] || apt_install postgresql
  [ -x "$(postgres_bin)/initdb" ] || fail "there is no initdb under /usr/lib/postgresql/*/bin after installing the package 'postgresql'."
}

provision_pgbouncer() {
  if [ ! -x /usr/sbin/pgbouncer ] && [ ! -x /usr/bin/pgbouncer ]; then apt_install pgbouncer; fi
}

# fetch_program NAME PACKAGE…: a program out of the first of these packages that has it. Only the program is wanted, not a server that starts with the machine: the
# package is unpacked, not installed.
fetch_program() {
  local name=$1 package found
  shift
  [ -x "$tools/bin/$name" ] && return
  if command -v "$name" >/dev/null || [ -x "/usr/sbin/$name" ]; then return; fi
  apt_update "$1"
  say "fetching $name (apt)"
  for package in "$@"; do
    rm -rf "$tools/fetched" && mkdir -p "$tools/fetched" "$tools/bin"
    (cd "$tools/fetched" && apt-get download -qq "$package" >/dev/null 2>"$tools/apt.log") ||
      { tail -5 "$tools/apt.log" >&2; fail "'apt-get download $package' failed; $name comes from that package."; }
    dpkg-deb -x "$tools"/fetched/*.deb "$tools/fetched"
    found=$(find "$tools/fetched" -path "*bin/$name" -type f | head -1)
    [ -z "$found" ] || break
  done
  [ -n "$found" ] || fail "there is no program '$name' in the packages $*."
  cp "$found" "$tools/bin/$name.new"
  mv "$tools/bin/$name.new" "$tools/bin/$name"
  rm -rf "$tools/fetched"
}

provision_nginx() {
  fetch_program nginx nginx nginx-light
  local program
  program=$(PATH="$tools/bin:$PATH:/usr/sbin" command -v nginx)
  # What it links to is on nearly every machine; an unpacked package does not bring it along.
  if ! "$program" -v 2>/dev/null; then apt_install libcrypt1 libpcre2-8-0 libssl3 zlib1g; fi
  "$program" -v 2>/dev/null || fail "nginx does not run: $("$program" -v 2>&1 | tail -1)"
}

# npm_install FOLDER: eng/tools/FOLDER.package.json into .tools/FOLDER. The copy of the manifest that is written last says that it is complete.
npm_install() {
  local manifest=$root/eng/tools/$1.package.json folder=$tools/$1
  cmp -s "$manifest" "$folder/complete.json" && return
  if ! command -v npm >/dev/null; then apt_install nodejs npm; fi
  say "installing $1 (npm, pinned in eng/tools/$1.package.json)"
  rm -rf "$folder" && mkdir -p "$folder"
  cp "$manifest" "$folder/package.json"
  # Install scripts stay off: every package named there brings its binary with it.
  (cd "$folder" && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error >"$tools/npm.log" 2>&1 </dev/null) ||
    { tail -20 "$tools/npm.log" >&2; fail "npm could not install what eng/tools/$1.package.json names; its last lines are above."; }
  if compgen -G "$folder/node_modules/postgresql-*" >/dev/null; then
    for package in "$folder"/node_modules/postgresql-*; do
      (cd "$package" && node scripts/hydrate-symlinks.js) || fail "the links inside $package could not be made."
    done
    # PostgreSQL refuses to run as root, so another user must be able to read it.
    chmod -R a+rX "$folder"
  fi
  if [ "$1" = bcoin ]; then
    # Its database on disk does not compile here, and is not wanted: the tests keep its chain in memory.
    printf "'use strict';\n\nmodule.exports = null;\n" >"$folder/node_modules/bdb/lib/level.js"
  fi
  cp "$manifest" "$folder/complete.json"
}

# What cuts the networks of tests in two; see tests/ChainWatch.RealNodes.Tests/Leadership/PrivateNetwork.cs.
provision_nft() {
  local package missing=()
  for package in nftables:nft iproute2:ip; do
    if ! command -v "${package#*:}" >/dev/null && [ ! -x "/usr/sbin/${package#*:}" ]; then missing+=("${package%:*}"); fi
  done
  [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}

provision_litecoin() {
  [ -x /usr/bin/litecoind ] || apt_install litecoind
}

# Bitcoin Knots is in no release of Debian that machines run: it is taken from sid, with the C library that it was built for beside it, and unpacked, not installed.
provision_knots() {
  [ -f "$tools/knots/complete" ] && return
  for library in libevent-core-2.1-7 libevent-extra-2.1-7 libevent-pthreads-2.1-7 libzmq5 libsqlite3-0; do
    dpkg -s "$library" >/dev/null 2>&1 || { apt_install libevent-core-2.1-7 libevent-extra-2.1-7 libevent-pthreads-2.1-7 libzmq5 libsqlite3-0; break; }
  done
  apt_update bitcoin-knots
  say "fetching bitcoin-knots (apt, from sid)"
  local folder=$tools/knots mirror
  rm -rf "$folder" && mkdir -p "$folder/apt/lists/partial" "$folder/apt/debs"
  # This machine's own mirror, whichever that is; lists of its own, so that nothing else is ever installed from sid.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
  [ -n "$mirror" ] || fail "apt-get names no mirror; bitcoin-knots comes from there."
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$folder/apt/sources.list"
  local options=(
    -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$folder/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o APT::Sandbox::User=root
  )
  { apt-get "${options[@]}" update -qq && (cd "$folder/apt/debs" && apt-get "${options[@]}" download -qq bitcoin-knots/sid libc6/sid libstdc++6/sid libgcc-s1/sid); } >"$tools/apt.log" 2>&1 ||
    { tail -5 "$tools/apt.log" >&2; fail "bitcoin-knots could not be fetched; apt's last lines are above."; }
  for package in "$folder"/apt/debs/*.deb; do dpkg-deb -x "$package" "$folder"; done
  rm -rf "$folder/apt"
  touch "$folder/complete"
}

command -v dotnet >/dev/null || fail "there is no dotnet on the PATH. Install the .NET SDK that global.json names."
[ "$(uname -sm)" = "Linux x86_64" ] || fail "the nodes that the tests run are pinned for Linux on x86-64; this is $(uname -sm)."
provision_postgres
provision_pgbouncer
fetch_program promtool prometheus
fetch_program amtool prometheus-alertmanager
provision_nginx
provision_nft
provision_litecoin
provision_knots
npm_install nodes
npm_install bcoin
npm_install clients
npm_install unsupported
[ "$long" = false ] || npm_install postgresql
