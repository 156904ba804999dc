#!/usr/bin/env bash
# Sets up, builds and runs Bloodbank.
#
#   ./run.sh             the demo: a bus, a subscriber and a recorded voice session
#   ./run.sh serve       any other arguments go to bb
set -euo pipefail
called_from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
source scripts/setup.sh

ensure_packages "${BUILD_PACKAGES[@]}"
build release bb

[[ $# -gt 0 ]] || set -- demo
bb=$PWD/build/release/bb
# Relative paths among the arguments are relative to where the user is.
if [[ $1 != demo ]]; then cd "$called_from"; fi
exec "$bb" "$@"
