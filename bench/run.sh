#!/usr/bin/env bash
# ./bench/run.sh NAME [OPTION...]: sets up, builds release, runs one comparison with
# its peers on this machine. bench/README.md lists them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup.sh

case ${1:-} in
  publish-process) ;;
  *)
    sed -n '/^| name/,/^$/p' bench/README.md >&2
    die "usage: ./bench/run.sh NAME [OPTION...]"
    ;;
esac

ensure_home
mapfile -t interpreters < <(interpreter_packages)
ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${interpreters[@]}"
build release bb
# The same packages as the tests use.
tests/support/python_env.sh build/tools/python >&2
tests/support/node_modules.sh build/tools/node >&2

export PYTHONPATH=$PWD/tests/support
export NODE_PATH=$PWD/build/tools/node/node_modules
exec build/tools/python/bin/python -B "bench/${1//-/_}.py" --bb build/release/bb "${@:2}"
