#!/usr/bin/env bash
# Takes the public surface of every package as it is now into api/<Package>.cs. Look at the difference and commit it with the change that made it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dotnet build tests/ChainWatch.House.Tests -c Debug -v quiet -nologo -clp:NoSummary
CHAINWATCH_ACCEPT=1 dotnet artifacts/bin/ChainWatch.House.Tests/debug/ChainWatch.House.Tests.dll -noLogo -class '*.PublicSurfaceTests' | tail -3
git status --short api
